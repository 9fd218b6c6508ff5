"""The buttons at the foot of a dialog: Cancel, and what it is for."""

from collections.abc import Callable

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPushButton

from app.language import tr


def foot(dialog: QDialog, text: str, accept: Callable[[], None]) -> tuple[QDialogButtonBox, QPushButton]:
    """Return the row of buttons, and the one of them that accepts and is the default.

    Args:
        dialog: Is closed by Cancel.
        text: On the accepting button.
        accept: Called by it.
    """
    buttons = QDialogButtonBox()
    buttons.addButton(tr("Cancel"), QDialogButtonBox.ButtonRole.RejectRole)
    button = buttons.addButton(text, QDialogButtonBox.ButtonRole.AcceptRole)
    button.setDefault(True)
    buttons.accepted.connect(accept)
    buttons.rejected.connect(dialog.reject)
    return buttons, button
