"""A video of the stage: real frames, real encoder, made-up poses."""

import threading
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox

from app.export.stage_dialog import StageVideoDialog
from app.export.stage_video import StageFilm, film_stage
from app.stage.options import StageOptions
from app.stage.orbit import OrbitCamera
from app.stage.painter import Look
from app.stage.scene import SceneBuilder
from app.theme import DARK
from core.errors import OutputError
from core.pose.geometry import intrinsics_from_fov
from core.sources import VideoFile
from tests.core.conftest import make_video

__all__ = ["make_video"]
N = 12


class KnownPoses(SimpleNamespace):
    """As much of `Poses` as is asked for."""

    def __len__(self):
        return N


@pytest.fixture
def film(qapp, make_video, make_packet):
    path = make_video(n=N, fps=10, size=(320, 180))

    class Showing:
        poses = KnownPoses(
            seen=SimpleNamespace(time_s=np.arange(N) / 10, image_size=(320, 180), frame_index=np.arange(N))
        )

        def packet(self, frame):
            return make_packet(frame.time_s, index=frame.index, image=frame.image, shift_m=0.05)

    scenes = SceneBuilder()
    scenes.intrinsics = intrinsics_from_fov((320, 180), 60.0)
    scene = scenes.build(Showing().packet(next(iter(VideoFile(path).frames()))))
    look = Look(OrbitCamera(), StageOptions(comparison="none", camera=False, grid=False), DARK)
    return StageFilm(path, Showing(), scenes, look, scene.body.landmarks_m)


def pictures(path):
    return [frame.image.astype(int) for frame in VideoFile(path).frames()]


def shoot(film, target, path="turntable", range_s=(0.0, None)):
    shares = []
    film_stage(film, target, path, (320, 240), range_s, shares.append, threading.Event())
    assert shares == sorted(shares)
    return pictures(target)


def ink(picture):
    """Return where something else than the ground is."""
    return np.abs(picture - [0x1E, 0x22, 0x27]).max(axis=-1) > 40


def test_once_around_the_person_ends_where_it_begins_and_shows_the_back(film, tmp_path):
    taken = shoot(film, tmp_path / "turn.mp4")
    assert len(taken) == N
    assert taken[0].shape == (240, 320, 3)
    # blue is the left: on the right of the picture in front, on the left behind
    figures = [p[:, :260] for p in (taken[0], taken[N // 2])]  # without the small axes
    middles = [np.argwhere((p[..., 2] - p[..., 0] > 60) & ink(p)).mean(axis=0)[1] for p in figures]
    assert middles[0] > 160 > middles[1]
    assert np.abs(taken[0] - taken[-1]).mean() < np.abs(taken[0] - taken[N // 2]).mean()


@pytest.mark.parametrize("path", ["turntable", "swing", "still"])
def test_the_person_stays_whole_in_the_picture(film, tmp_path, path):
    for picture in shoot(film, tmp_path / "all.mp4", path):
        figure = ink(picture)[70:, :260]  # without the small axes
        assert figure.any()
        assert not figure[-1].any()
        assert not figure[:, 0].any()
        assert not ink(picture)[2, :260].any()


def test_through_the_camera_the_picture_is_the_ground(film, tmp_path):
    first = shoot(film, tmp_path / "through.mp4", "through")[0]
    assert not np.allclose(first[120, 30], [0x1E, 0x22, 0x27], atol=12)


def test_only_between_in_and_out_point(film, tmp_path):
    assert len(shoot(film, tmp_path / "part.mp4", range_s=(0.3, 0.6))) == 4


def test_cancelled_nothing_is_left(film, tmp_path):
    cancelled = threading.Event()

    def report(share):
        if share > 0.3:
            cancelled.set()

    with pytest.raises(OutputError, match="cancelled"):
        film_stage(film, tmp_path / "no.mp4", "still", (320, 240), (0.0, None), report, cancelled)
    assert list(tmp_path.glob("*no*")) == []


def test_the_dialog_films_with_a_bar_and_says_where_it_is(qtbot, film, tmp_path, monkeypatch):
    target = tmp_path / "named.mp4"
    monkeypatch.setattr("app.export.stage_dialog.QFileDialog.getSaveFileName", lambda *_: (str(target), ""))
    dialog = StageVideoDialog(film, (0.0, None))
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.picture.setCurrentIndex(2)
    qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    assert dialog.bar.isVisible()
    assert not dialog.ok.isEnabled()
    qtbot.waitUntil(lambda: dialog.saved is not None)
    assert str(target) in dialog.words.text()
    assert pictures(target)[0].shape == (1080, 1080, 3)


def test_the_dialog_says_why_it_cannot_be_written_and_can_be_cancelled(qtbot, film, tmp_path):
    dialog = StageVideoDialog(film, (0.0, None))
    qtbot.addWidget(dialog)
    dialog.show()
    (tmp_path / "file").write_text("")
    dialog.save_to(tmp_path / "file" / "in it.mp4")
    qtbot.waitUntil(lambda: bool(dialog.words.text()))
    assert "Cannot write" in dialog.words.text()
    assert dialog.ok.isEnabled()
    dialog.save_to(tmp_path / "later.mp4")
    dialog.findChild(QDialogButtonBox).rejected.emit()
    assert not (tmp_path / "later.mp4").exists()
