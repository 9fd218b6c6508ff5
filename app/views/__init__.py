"""Widgets that draw packets; none of them knows where packets come from."""
