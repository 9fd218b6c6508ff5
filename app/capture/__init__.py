"""Cameras and network streams: choosing and recording them."""
