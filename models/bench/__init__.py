"""The benches that need the training packages; `main.py` registers them."""
