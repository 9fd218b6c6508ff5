"""The question for a camera, where there is none."""

from app.capture import camera_dialog
from app.capture.camera_dialog import CameraDialog


def test_no_camera_is_no_camera_to_open(qtbot, monkeypatch):
    monkeypatch.setattr(camera_dialog, "camera_names", dict)
    found = []
    monkeypatch.setattr(camera_dialog, "find_cameras", lambda: found)
    dialog = CameraDialog()
    qtbot.addWidget(dialog)
    dialog._search.click()
    qtbot.waitUntil(lambda: dialog._task is None)
    assert dialog.camera.count() == 0
    assert not dialog.ok.isEnabled()
    assert dialog.camera.placeholderText() == "No camera was found"
    found.append(2)
    dialog._search.click()
    qtbot.waitUntil(lambda: dialog.camera.count() == 1)
    assert dialog.ok.isEnabled()
    assert dialog.spec.index == 2
