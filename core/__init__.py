"""Geometry, detection, refinement and files: everything that needs neither a window nor a trainer."""
