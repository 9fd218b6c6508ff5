"""The library: takes as cards; searched, renamed, deleted and brought back, by mouse and by keys."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLineEdit

from app.library.picture import WIDTH_PX, keep_picture
from app.library.start_page import StartPage
from app.library.take_cards import SIZE, length_text, state_text, subject_text
from app.session.session import Session
from core.settings import Settings
from core.take.detections import ENDING, Completed
from core.take.listing import AnalysisState, listed
from core.take.store import TakeStore
from core.take.take import Exported, Processing, Subject


@pytest.fixture
def store(tmp_path):
    return TakeStore(tmp_path / "takes")


@pytest.fixture
def make_take(store, tmp_path):
    def make(name, **changes):
        video = tmp_path / f"{name}.mp4"
        video.write_bytes(name.encode() * 50)
        place, take = store.open(video, Processing(carried="full"))
        place.save(replace(take, opened=f"2026-01-01T00:00:{len(store.all()):02d}", **changes))
        return place

    return make


@pytest.fixture
def page(qtbot, store, make_take):
    """Three takes: squat was opened last."""
    make_take("walk", subject=Subject("Ann", 1.62, "left knee"))
    make_take("jump")
    make_take("squat", exports=(Exported("2026", "out", ("trc", "csv")),))
    session = Session(Settings(), takes=store)
    page = StartPage([], session)
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    yield page
    session.close()


def names(page):
    return [page.model.index(row).data() for row in range(page.model.rowCount())]


def choose(page, qtbot, row):
    where = page.cards.visualRect(page.model.index(row)).center()
    qtbot.mouseClick(page.cards.viewport(), Qt.MouseButton.LeftButton, pos=where)


def test_takes_are_listed_with_what_is_known_of_them(page, make_take):
    assert names(page) == ["squat", "jump", "walk"]
    squat, jump, walk = page.model.takes
    assert state_text(squat) == "not analysed  ·  saved: csv, trc"
    assert subject_text(walk) == "Ann  ·  1.62 m"
    assert subject_text(jump) == ""
    for number, (path, words) in enumerate(((jump, "partly analysed"), (walk, "analysed"))):
        detections = path.place.folder / f"full-abc{ENDING}"
        detections.write_bytes(b"")
        if number:
            Completed(240, fps=30.0).save(detections)
        found = {one.take.name: one for one in listed(page._session.takes)}[path.take.name]
        assert found.state == words
    assert found.state == AnalysisState.WHOLE
    assert length_text(found.length_s) == "0:08"
    assert length_text(3723.4) == "1:02:03"


def test_words_of_name_subject_and_notes_are_found(page, qtbot):
    qtbot.keyClicks(page.search, "KNEE ann")
    assert names(page) == ["walk"]
    qtbot.keyClicks(page.search, " nobody")
    assert names(page) == []
    assert page.nothing.isVisible()
    assert "KNEE ann nobody" in page.nothing.text()
    page.search.clear()
    assert len(names(page)) == 3
    assert not page.nothing.isVisible()


def test_enter_opens_and_a_video_that_is_gone_is_said(page, qtbot, tmp_path):
    wanted, failed = [], []
    page.wanted.connect(wanted.append)
    page.failed.connect(failed.append)
    choose(page, qtbot, 1)
    qtbot.keyClick(page.cards, Qt.Key.Key_Return)
    assert wanted == [tmp_path / "jump.mp4"]
    (tmp_path / "squat.mp4").unlink()
    page.reload()
    assert state_text(page.model.takes[0]) == "video not found"
    choose(page, qtbot, 0)
    page.open_chosen()
    assert wanted == [tmp_path / "jump.mp4"]
    assert str(tmp_path / "squat.mp4") in failed[0]


def test_a_take_is_renamed_where_its_name_stands(page, qtbot, store):
    choose(page, qtbot, 2)
    qtbot.keyClick(page.cards, Qt.Key.Key_F2)
    editor = page.cards.findChild(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, "walk, before")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: names(page) == ["squat", "jump", "walk, before"])
    assert store.all()[-1][1].name == "walk, before"
    assert page.chosen.take.name == "walk, before"
    assert not page.model.setData(page.model.index(0), "  ")


def test_what_was_deleted_comes_back(page, qtbot, store):
    said = []
    page.said.connect(lambda *what: said.append(what))
    choose(page, qtbot, 1)
    qtbot.keyClick(page.cards, Qt.Key.Key_Delete)
    assert names(page) == ["squat", "walk"]
    assert [take.name for _, take in store.all()] == ["squat", "walk"]
    assert said[0][:2] == ("jump was deleted; its video stays where it is.", "Undo")
    qtbot.keyClick(page.cards, Qt.Key.Key_Delete)  # the one that took its place
    assert names(page) == ["squat"]
    qtbot.keyClick(page.cards, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert names(page) == ["squat", "walk"]
    said[0][2]()
    assert names(page) == ["squat", "jump", "walk"]
    assert page.chosen.take.name == "jump"
    page.undo()  # nothing more
    assert len(names(page)) == 3


def test_what_is_open_is_renamed_in_the_window_and_not_deleted(page, qtbot, store, monkeypatch):
    class Open:
        place, changed = store.all()[0][0], {}

        def change(self, **changes):
            self.changed |= changes

        def save(self):
            self.changed["saved"] = True

    monkeypatch.setattr(page._session, "open_take", Open())
    failed = []
    page.failed.connect(failed.append)
    choose(page, qtbot, 0)
    page.delete_chosen()
    assert failed == ["squat is open; open another take before it is deleted."]
    page.model.setData(page.model.index(0), "deep squat")
    assert Open.changed == {"name": "deep squat", "saved": True}
    monkeypatch.setattr(page._session, "open_take", None)


def test_the_first_picture_with_somebody_in_it_is_kept(store, make_take, make_packet):
    place = make_take("walk")
    assert not keep_picture(place, make_packet(found=False))
    large = np.full((720, 1280, 3), (200, 30, 30), np.uint8)
    assert keep_picture(place, make_packet(image=large))
    kept = QImage(str(place.picture))
    assert (kept.width(), kept.height()) == (WIDTH_PX, 180)
    assert kept.pixelColor(5, 5).red() == 200
    assert not keep_picture(place, make_packet(image=np.zeros_like(large)))
    assert kept.pixelColor(5, 5) == QImage(str(place.picture)).pixelColor(5, 5)


def test_every_card_says_what_it_shows_to_a_screen_reader(page):
    told = page.model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "squat, not analysed  ·  saved: csv, trc"
    assert page.cards.accessibleName()
    assert page.search.accessibleName()
    assert page.cards.sizeHintForIndex(page.model.index(0)) == SIZE
    assert [action.text() for action in page.menu().actions()] == ["Open", "Rename", "Show its folder", "Delete"]
