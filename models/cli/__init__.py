"""Subcommands of the training side: studio, train, export, evaluate, inspect."""
