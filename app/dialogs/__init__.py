"""Dialogs: training, export, shortcuts."""
