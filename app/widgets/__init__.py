"""Parts that any room of the window may use."""
