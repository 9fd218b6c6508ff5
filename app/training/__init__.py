"""Training and the data for it."""
