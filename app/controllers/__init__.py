"""Each joins one part of the window with the session."""
