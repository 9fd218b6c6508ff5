"""The inspector as the main window calls it."""

from PySide6.QtWidgets import QWidget

from app.inspector.window import InspectorWindow


def show_inspector(parent: QWidget) -> InspectorWindow:
    """Show the inspector that belongs to a window; the first time it asks for pairs."""
    window = parent.findChild(InspectorWindow)
    if window is None:
        window = InspectorWindow(parent)
    window.show()
    window.raise_()
    window.activateWindow()
    if window.stream is None:
        window.ask_folder()
    return window
