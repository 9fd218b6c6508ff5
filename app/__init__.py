"""The desktop application: windows, views and dialogs; no arithmetic, no torch."""
