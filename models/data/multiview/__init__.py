"""Pairs from several calibrated, synchronised cameras: real people, real MediaPipe errors, triangulated truth."""
