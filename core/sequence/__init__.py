"""Poses over time: arrays of a recording, gaps, resampling, coordinates, root trajectory, made ready for files."""
