"""Where one begins: the start page and what was opened last."""
