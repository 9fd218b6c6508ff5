"""Plots and figures over time."""
