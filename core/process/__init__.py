"""Files and batches: what is to be done, the work itself, and the results on disk."""
