"""What the window costs, and its pictures."""
