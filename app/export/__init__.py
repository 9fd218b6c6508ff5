"""Saving what is open."""
