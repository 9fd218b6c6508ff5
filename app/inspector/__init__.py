"""The inspector: pairs frame by frame, MediaPipe against the truth. Imports core only, like all of the window."""
