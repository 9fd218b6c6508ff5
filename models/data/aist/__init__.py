"""AIST++: its published files, and from them training pairs."""
