"""Inside a video file: its container, packets, true times and upright pictures."""
