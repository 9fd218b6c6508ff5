"""The live loop, playback of a file, and recordings while they are made."""
