"""Play, pause, step, seek: what is below the video of a file."""
