"""Sequences on disk; `EXPORTERS` has one entry per format."""

from core.exporters.registry import EXPORTERS, Exporter

__all__ = ["EXPORTERS", "Exporter"]
