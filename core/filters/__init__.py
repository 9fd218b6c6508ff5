"""Smoothing of joints over time: causal filters for the live picture, filters that see the future for files."""

from core.filters.choice import FILTERS, OFFLINE_BEST, FilterChoice
from core.filters.gaps import fill_gaps, reject_outliers
from core.filters.one_euro import OneEuro

__all__ = ["FILTERS", "OFFLINE_BEST", "FilterChoice", "OneEuro", "fill_gaps", "reject_outliers"]
