"""One draft, two programs: it has one owner, on Windows too, whose locks are stood in for by a like kind of Linux."""

import fcntl
import importlib.util
import os
import shutil
import struct
import sys
from types import SimpleNamespace
from unittest import mock

import pytest

from core.exporters import EXPORTERS
from core.exporters.pictures.encoder import VideoWriter
from core.system.files import file_lock
from core.take.recording import drafts
from core.take.recording.journal import JournalWriter

LOCKING = {"n": 0}


def lock_as_windows_does(fd, mode, n_bytes):
    """Lock bytes from where the file stands, for this handle alone, until it is closed."""
    assert (mode, n_bytes) == (2, 1)
    LOCKING["n"] += 1
    fcntl.fcntl(fd, fcntl.F_OFD_SETLK, struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_CUR, 0, n_bytes, 0))


def take_lock_on_windows():
    """Return the lock as it is where there is no fcntl."""
    spec = importlib.util.spec_from_file_location("file_lock_on_windows", file_lock.__file__)
    module = importlib.util.module_from_spec(spec)
    msvcrt = SimpleNamespace(LK_NBLCK=2, locking=lock_as_windows_does)
    with (
        mock.patch.dict(sys.modules, {"msvcrt": msvcrt, "fcntl": None, spec.name: module}),
        mock.patch.object(sys, "platform", "win32"),
    ):
        spec.loader.exec_module(module)
    return module.take_lock


@pytest.fixture(params=["flock", "msvcrt"])
def module(request, monkeypatch):
    if request.param == "msvcrt":
        if not hasattr(fcntl, "F_OFD_SETLK"):
            pytest.skip("no lock here that is like those of Windows")
        monkeypatch.setattr(drafts, "take_lock", take_lock_on_windows())
    return drafts


@pytest.fixture
def draft(module, tmp_path, packets):
    """Return a draft whose program died."""
    made = module.begin_draft(tmp_path, "walk")
    with JournalWriter(made.journal, {}) as journal, VideoWriter(made.picture, 30.0, is_live=True) as video:
        for packet in packets:
            journal.add(packet, 0)
            video.add(packet.detection.frame.image, packet.detection.frame.time_s)
    return made


def test_a_draft_has_one_owner(module, draft, tmp_path, request):
    before = LOCKING["n"]
    with draft.lock():
        (draft.folder / "in-use.lock").write_bytes(b"another version may write something")
        assert draft.lock() is None
        assert module.recover_all(tmp_path) == module.Recovered([], [])
    assert (LOCKING["n"] > before) == ("msvcrt" in request.node.name)
    assert len(module.recover_all(tmp_path).recordings) == 1


def test_a_draft_is_recovered_once_however_many_look(module, draft, tmp_path, packets, monkeypatch):
    others = []
    recover, remove = module.recover, module.Draft.remove

    def recover_while_another_looks(draft):
        others.append(module.recover_all(tmp_path))
        return recover(draft)

    def remove_after_another_looked(draft):
        monkeypatch.setattr(module.Draft, "remove", remove)
        others.append(module.recover_all(tmp_path))
        remove(draft)

    monkeypatch.setattr(module, "recover", recover_while_another_looks)
    monkeypatch.setattr(module.Draft, "remove", remove_after_another_looked)
    (recorded,) = module.recover_all(tmp_path).recordings
    assert len(others) >= 2
    assert all(other == module.Recovered([], []) for other in others)
    sequence = EXPORTERS["npz"].load(recorded.sequence)
    assert (len(sequence), sequence.meta["video"]) == (len(packets), "walk.mp4")
    assert not list(tmp_path.glob(".*"))


def test_a_draft_that_has_just_begun_is_left_to_its_program(module, tmp_path):
    begun = module.begin_draft(tmp_path, "walk")
    assert module.recover_all(tmp_path) == module.Recovered([], [])
    assert begun.folder.is_dir()
    with begun.lock():  # which nobody else held meanwhile
        os.utime(begun.folder, (0, 0))
        module.recover_all(tmp_path)
        assert begun.folder.is_dir()
    module.recover_all(tmp_path)
    assert not begun.folder.exists()


def test_the_lock_of_a_draft_that_was_replaced_meanwhile_does_not_count(module, draft, monkeypatch):
    take = module.take_lock

    def take_too_late(handle):
        shutil.rmtree(draft.folder)
        draft.folder.mkdir()
        (draft.folder / "in-use.lock").touch()
        take(handle)

    monkeypatch.setattr(module, "take_lock", take_too_late)
    assert draft.lock() is None
    monkeypatch.setattr(module, "take_lock", take)
    with draft.lock():
        pass
