"""From 2D detections of several cameras to one trusted 3D sequence."""
