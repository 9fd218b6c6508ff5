import pytest
from PySide6.QtGui import QImage, QPixmap

from app.bench import gallery
from app.bench.screenshot import save_picture
from app.window import MainWindow
from tests.app.conftest import FakeSource

pytestmark = pytest.mark.render


@pytest.fixture
def fake_window(qtbot, lab, monkeypatch):
    lab.sources[str(gallery.SAMPLE)] = FakeSource(is_live=False, name="sample.mp4")
    monkeypatch.setattr(gallery, "create_window", lambda *, refinement: MainWindow(lab.session()))


def test_pictures_of_the_window_and_its_dialogs_are_taken(fake_window, tmp_path):
    names = ["live", "viewpoint", "export", "studio", "models", "inspector"]
    arguments = ["-o", str(tmp_path / "out"), "--only", ",".join(names), "--seconds", "0.2", "--scheme", "light"]
    assert gallery.main(arguments) == 0
    images = {path.stem: QImage(str(path)) for path in (tmp_path / "out").iterdir()}
    assert set(images) == {f"{name}-light" for name in names}
    assert (images["live-light"].width(), images["live-light"].height()) == (1280, 720)
    for name, image in images.items():
        step = max(1, image.width() // 60)
        points = [(x, y) for x in range(0, image.width(), step) for y in range(0, image.height(), step)]
        assert len({image.pixel(x, y) for x, y in points}) > 3, f"{name} is empty"


def test_a_picture_that_there_is_not_is_refused(capsys):
    with pytest.raises(SystemExit) as ended:
        gallery.main(["--only", "live,moon"])
    assert ended.value.code == 2
    assert "'moon'" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(fake_window, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert gallery.main(["-o", str(tmp_path / "file"), "--only", "live", "--seconds", "0.1"]) == 2
    assert "choose another folder" in capsys.readouterr().err


def test_an_empty_picture_replaces_none(qapp, tmp_path, capsys):
    good = tmp_path / "a.png"
    good.write_bytes(b"good")
    assert not save_picture(QPixmap(), good)
    assert "no picture to write" in capsys.readouterr().err
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"good"]
