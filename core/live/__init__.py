"""The live loop, playback of a file, and live poses for other programs."""
