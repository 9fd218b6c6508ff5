"""Everything a user can do, declared once: menus, toolbar and the list of shortcuts are made from it."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.icons import icon


@dataclass(frozen=True)
class ActionSpec:
    """One thing to do.

    Attributes:
        name: How the code calls it.
        text: In menus; "…" when it asks something first.
        menu: Title of the menu it is in.
        shortcut: Keys, "" for none.
        icon: File in assets/icons, "" for none.
        tip: Shown by the pointer.
        is_checkable: Whether it is on or off.
    """

    name: str
    text: str
    menu: str
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    is_checkable: bool = False


ACTIONS: Final = (
    ActionSpec("open_file", "Open file…", "File", "Ctrl+O", "open", "Open a video file"),
    ActionSpec("open_camera", "Open camera…", "File", "Ctrl+K", "camera", "Use a camera of this machine"),
    ActionSpec("open_url", "Open URL…", "File", "Ctrl+U", "stream", "Use a network camera or stream (http, rtsp)"),
    ActionSpec("open_sample", "Open the sample", "File", "", "sample", "Open the clip that comes with the program"),
    ActionSpec("export", "Export…", "File", "Ctrl+E", "export", "Save the refined sequence as NPZ, CSV or JSON"),
    ActionSpec(
        "export_batch", "Export several…", "File", "Ctrl+Shift+E", "", "Process and save several videos, one by one"
    ),
    ActionSpec("quit", "Quit", "File", "Ctrl+Q"),
    ActionSpec("play", "Play", "Playback", "Space", "play", "Play or pause"),
    ActionSpec("refine", "Refinement", "Playback", "R", "refine", "Learned depth refinement on or off", True),
    ActionSpec("reset_view", "Reset 3D view", "View", "Home", "", "Look from the start position again"),
    ActionSpec("full_screen", "Full screen", "View", "F11", "", "Fill the screen", True),
    ActionSpec("train", "Train…", "Model", "Ctrl+T", "train", "Train a refiner on a folder of pairs"),
    ActionSpec("models", "Models…", "Model", "Ctrl+M", "", "Choose, add or remove refiners"),
    ActionSpec("jobs", "Jobs", "Model", "Ctrl+J", "", "Training, studio and exports: progress and logs"),
    ActionSpec("shortcuts", "Shortcuts", "Help", "F1"),
    ActionSpec("about", "About", "Help"),
)

MENUS: Final = ("File", "Playback", "View", "Model", "Help")
TOOLBAR: Final = ("open_file", "open_camera", "", "play", "refine", "", "export", "train")
"""Names in order; "" is a line between groups."""


def create_actions(parent: QWidget) -> dict[str, QAction]:
    """Return a QAction for each entry of ACTIONS, by name."""
    actions = {}
    for spec in ACTIONS:
        action = QAction(spec.text, parent)
        action.setShortcut(QKeySequence(spec.shortcut))
        action.setCheckable(spec.is_checkable)
        action.setToolTip(f"{spec.tip or spec.text} ({spec.shortcut})" if spec.shortcut else spec.tip or spec.text)
        actions[spec.name] = action
    update_icons(actions)
    return actions


def update_icons(actions: dict[str, QAction]) -> None:
    """Draw the icons anew: the palette is another one."""
    for spec in ACTIONS:
        if spec.icon:
            actions[spec.name].setIcon(icon(spec.icon))
