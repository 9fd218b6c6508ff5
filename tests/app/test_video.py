import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.take.video import LINES, VideoView, line_colour
from app.theme import DARK
from core.pose.skeleton import LANDMARK_NAMES


def pixels_of(widget):
    image = widget.grab().toImage().convertToFormat(widget.grab().toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def near(pixels, colour, tolerance=40):
    rgb = QColor(colour)
    return np.abs(pixels - [rgb.red(), rgb.green(), rgb.blue()]).max(axis=-1) <= tolerance


@pytest.fixture
def view(qtbot):
    view = VideoView()
    qtbot.addWidget(view)
    view.resize(640, 360)
    view.show()
    return view


def test_the_image_is_shown_with_its_colours_in_order(view, make_packet):
    image = np.zeros((180, 320, 3), np.uint8)
    image[:, :160] = (200, 30, 10)
    view.show_packet(make_packet(image=image, found=False))
    pixels = pixels_of(view)
    assert np.abs(pixels[300, 100] - [200, 30, 10]).max() <= 2
    assert pixels[300, 500].max() <= 2


def test_left_is_blue_and_right_of_the_image_right_is_orange(view, make_packet):
    view.show_packet(make_packet())
    pixels = pixels_of(view)
    blue, orange = np.argwhere(near(pixels, DARK.left)), np.argwhere(near(pixels, DARK.right))
    assert len(blue) > 100
    assert len(orange) > 100
    assert blue[:, 1].mean() > 330 > 310 > orange[:, 1].mean()


def test_hidden_joints_are_drawn_fainter(view, make_packet):
    view.show_packet(make_packet(visibility=1.0))
    clear = near(pixels_of(view), DARK.left).sum()
    view.show_packet(make_packet(visibility=0.1))
    assert near(pixels_of(view), DARK.left).sum() < clear / 10


def test_the_picture_keeps_its_proportions_and_the_view_is_cleared(view, make_packet):
    view.show_packet(make_packet(image=np.full((200, 100, 3), 255, np.uint8), found=False))
    rect = view.image_rect()
    assert (rect.width(), rect.height()) == (180.0, 360.0)
    view.show_packet(None)
    assert (pixels_of(view) < 80).all()


def test_an_image_cut_out_of_a_larger_one_is_shown_right(view, make_packet):
    large = np.zeros((180, 640, 3), np.uint8)
    large[:, 320:] = (0, 200, 0)
    view.show_packet(make_packet(image=large[:, 320:], found=False))  # not contiguous
    assert np.abs(pixels_of(view)[300, 100] - [0, 200, 0]).max() <= 2


def test_every_line_has_the_colour_of_its_side():
    for a, b in LINES:
        names = LANDMARK_NAMES[a], LANDMARK_NAMES[b]
        sides = {name.split("_")[0] for name in names if "left" in name or "right" in name}
        wanted = {"left": DARK.left, "right": DARK.right}[sides.pop()] if len(sides) == 1 else DARK.middle
        assert line_colour(int(a), int(b)) == QColor(wanted), names
