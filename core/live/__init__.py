"""The live loop, and playback of a file."""
