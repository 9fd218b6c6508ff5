"""How a take looks in the library: its first frame in which somebody was found."""

import contextlib
from typing import Final

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from core.errors import NdrError
from core.pose.types import Refined
from core.system.files.atomic import atomic_path
from core.take.store import TakeFolder

WIDTH_PX: Final = 320


def keep_picture(place: TakeFolder, packet: Refined) -> bool:
    """Keep the packet's picture unless there is one already, or nobody is in it; return whether it was kept now.

    Without a word where that is not possible: a library without a picture is one all the same.
    """
    if not packet.detection.is_found or place.picture.is_file():
        return False
    pixels = np.ascontiguousarray(packet.detection.frame.image)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    small = image.scaledToWidth(min(WIDTH_PX, width), Qt.TransformationMode.SmoothTransformation)
    with contextlib.suppress(NdrError, OSError), atomic_path(place.picture) as temporary:
        return small.save(str(temporary))
    return False
