"""MediaPipe: its bundles, the detector, and which person is meant."""
