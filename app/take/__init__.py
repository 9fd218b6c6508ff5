"""The open video or camera: picture, playback, person, processing."""
