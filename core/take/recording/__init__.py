"""Recordings of cameras while they are made, of one or of several, and what is left of one that was cut off."""
