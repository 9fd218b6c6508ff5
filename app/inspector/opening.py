"""The inspector as the main window calls it."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.inspector.window import InspectorWindow


def show_inspector(parent: QWidget, refiner: Path) -> InspectorWindow:
    """Show the inspector that belongs to a window; the first time it asks for pairs.

    Args:
        parent: The window.
        refiner: What to refine with when that is wanted.
    """
    window = parent.findChild(InspectorWindow)
    if window is None:
        window = InspectorWindow(parent)
    window.refiner = refiner
    window.show()
    window.raise_()
    window.activateWindow()
    if window.stream is None:
        window.ask_folder()
    return window
