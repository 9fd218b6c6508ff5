"""What is to be looked at: annotated videos and the report."""
