"""A film studio for rendered people: known joints, real MediaPipe, pairs."""
