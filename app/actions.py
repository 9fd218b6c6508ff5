"""Everything a user can do, declared once: menus, toolbar and the list of shortcuts are made from it."""

from dataclasses import dataclass
from typing import Final

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.icons import icon
from app.language import tr


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
        begins_group: Whether a line is above it in its menu.
    """

    name: str
    text: str
    menu: str
    shortcut: str = ""
    icon: str = ""
    tip: str = ""
    is_checkable: bool = False
    begins_group: bool = False


_SEVERAL = "Process and save several videos, one by one"
ACTIONS: Final = (
    ActionSpec("open_file", "Open file…", "File", "Ctrl+O", "open", "Open a video file"),
    ActionSpec("open_camera", "Open camera…", "File", "Ctrl+K", "camera", "Use a camera of this machine"),
    ActionSpec("open_url", "Open URL…", "File", "Ctrl+U", "stream", "Use a network camera or stream (http, rtsp)"),
    ActionSpec("open_sample", "Open the sample", "File", "", "sample", "Open the clip that comes with the program"),
    ActionSpec("library", "Library", "File", "Ctrl+L", "", "The takes that were opened before; again: back", True),
    ActionSpec("capture", "Capture", "File", "Ctrl+Shift+K", "", "Record one camera or several", True),
    ActionSpec("export", "Export…", "File", "Ctrl+E", "export", "Save the refined poses", begins_group=True),
    ActionSpec("export_batch", "Export several…", "File", "Ctrl+Shift+E", "", _SEVERAL),
    ActionSpec("open_folder", "Export a folder…", "File", "Ctrl+Shift+O", "", "Process all videos of a folder"),
    ActionSpec("quit", "Quit", "File", "Ctrl+Q", begins_group=True),
    ActionSpec("play", "Play", "Playback", "Space", "play", "Play or pause"),
    ActionSpec("step_back", "Step back", "Playback", "Left", "step_back", "One frame back"),
    ActionSpec("step", "Step on", "Playback", "Right", "step", "One frame on"),
    ActionSpec("step_back_10", "Ten frames back", "Playback", "Ctrl+Left"),
    ActionSpec("step_10", "Ten frames on", "Playback", "Ctrl+Right"),
    ActionSpec("jump_back", "Five seconds back", "Playback", "Shift+Left"),
    ActionSpec("jump", "Five seconds on", "Playback", "Shift+Right"),
    ActionSpec("go_to", "Go to…", "Playback", "Ctrl+G", "", "Go to a frame or a time"),
    ActionSpec("marker", "Marker here…", "Playback", "K", "", "Give this moment a name", begins_group=True),
    ActionSpec("marker_back", "Marker before", "Playback", ",", "", "Go to the marker before"),
    ActionSpec("marker_on", "Next marker", "Playback", ".", "", "Go to the next marker"),
    ActionSpec("remove_marker", "Remove the marker", "Playback", "Shift+K", "", "Take the marker here away"),
    ActionSpec("slower", "Slower", "Playback", "[", tip="Play slower", begins_group=True),
    ActionSpec("faster", "Faster", "Playback", "]", tip="Play faster"),
    ActionSpec("loop", "Loop", "Playback", "L", "loop", "Play the range again and again", True),
    ActionSpec("set_in", "In point here", "Playback", "I", "set_in", "Begin the range here"),
    ActionSpec("set_out", "Out point here", "Playback", "Shift+I", "set_out", "End the range here"),
    ActionSpec("clear_range", "Whole file", "Playback", "Ctrl+I", "", "Take the in and out point away"),
    ActionSpec("record", "Record", "Playback", "Ctrl+R", "record", "Record a camera with its poses", True, True),
    ActionSpec("send_live", "Send live…", "Playback", "Ctrl+Shift+L", "", "Poses to avatars"),
    ActionSpec("record_folder", "Record to…", "Playback", "", "", "Choose the folder of recordings"),
    ActionSpec("refine", "Refinement", "View", "R", "refine", "Learned depth refinement on or off", True),
    ActionSpec("split", "Before and after", "View", "B", "split", "Raw and refined beside each other in 3D", True),
    ActionSpec("person", "Choose the person…", "View", "P", "", "With several people: click on the one to follow"),
    ActionSpec(
        "mirror", "Mirror the video", "View", "M", "mirror", "As a mirror does; data stays as it is", True, True
    ),
    ActionSpec("overlay", "Bones over the video", "View", "O", "", "Show or hide the bones", True),
    ActionSpec("dim", "Darken the video", "View", "D", "", "Darken the picture under the bones", True),
    ActionSpec("look_camera", "3D from the camera", "View", "1", "", "See what the camera sees", begins_group=True),
    ActionSpec("look_front", "3D from the front", "View", "2", "", "See the person's front"),
    ActionSpec("look_side", "3D from the side", "View", "3", "", "See the person's right side"),
    ActionSpec("look_top", "3D from above", "View", "4", "", "See the person from above"),
    ActionSpec("follow", "Follow in 3D", "View", "F", "", "Keep the person in the middle of the 3D view", True),
    ActionSpec("reset_view", "Reset 3D view", "View", "Home", "", "Look from the start position again"),
    ActionSpec("reset_layout", "Reset the layout", "View", "", "", "Put every panel where it was", begins_group=True),
    ActionSpec("full_screen", "Full screen", "View", "F11", "", "Fill the screen", True),
    ActionSpec("train", "Train…", "Model", "Ctrl+T", "train", "Train a refiner on a folder of pairs"),
    ActionSpec("models", "Models…", "Model", "Ctrl+M", "", "Choose, add or remove refiners"),
    ActionSpec("jobs", "Jobs", "Model", "Ctrl+J", "", "Training, studio and exports: progress and logs"),
    ActionSpec("inspect", "Inspect pairs…", "Model", "Ctrl+Shift+P", "", "MediaPipe against the truth, frame by frame"),
    ActionSpec("tour", "Tour", "Help", "", "", "Three steps through the window"),
    ActionSpec("shortcuts", "Shortcuts", "Help", "F1"),
    ActionSpec("about", "About", "Help"),
)

MENUS: Final = ("File", "Playback", "View", "Model", "Help")
TOOLBAR: Final = ("open_file", "open_camera", "open_url", "", "record", "refine", "split", "", "export", "train")
"""Names in order; "" is a line between groups."""
TRANSPORT: Final = ("step_back", "play", "step", None, "set_in", "set_out", "loop")
"""Names of the buttons below the video; None is the place of the seek bar."""
OF_FILES: Final = (
    "step_back",
    "step",
    "step_back_10",
    "step_10",
    "go_to",
    "marker",
    "marker_back",
    "marker_on",
    "remove_marker",
    "jump_back",
    "jump",
    "slower",
    "faster",
    "loop",
    "set_in",
    "set_out",
    "clear_range",
)
"""What can be done with files only."""


def create_actions(parent: QWidget) -> dict[str, QAction]:
    """Return a QAction for each entry of ACTIONS, by name, in the language of the user."""
    actions = {}
    for spec in ACTIONS:
        text, tip = tr(spec.text), tr(spec.tip or spec.text)
        action = QAction(text, parent)
        action.setShortcut(QKeySequence(spec.shortcut))
        action.setCheckable(spec.is_checkable)
        action.setToolTip(f"{tip} ({key_text(spec.shortcut)})" if spec.shortcut else tip)
        actions[spec.name] = action
    update_icons(actions)
    return actions


def key_text(shortcut: str) -> str:
    """Return keys as the menus of this system and language write them."""
    return QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText)


def update_icons(actions: dict[str, QAction]) -> None:
    """Draw the icons anew: the palette is another one."""
    for spec in ACTIONS:
        if spec.icon:
            actions[spec.name].setIcon(icon(spec.icon))
