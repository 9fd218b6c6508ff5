"""Widgets that show packets and figures; none of them runs or opens anything."""
