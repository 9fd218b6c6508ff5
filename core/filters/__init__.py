"""Smoothing of joints over time: causal filters for the live picture, filters that see the future for files."""

from core.filters.one_euro import OneEuro

__all__ = ["OneEuro"]
