"""The person in 3D."""
