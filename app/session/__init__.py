"""What is open at the moment, and its figures."""
