import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from app.analysis.bones import ROWS, WHOLE_BODY, BoneList, bone_variation, variation_text
from app.analysis.bones_view import BonesView
from app.session.track import Track
from core.pose.metrics import bone_cv, bone_lengths


@pytest.fixture
def breathing(make_packet, standing_ray):
    """A track of someone whose raw left forearm grows and shrinks by a tenth; refined is steady."""
    track = Track(is_live=False)
    rows = []
    for i in range(60):
        packet = make_packet(i / 30, index=i)
        raw = standing_ray.copy()
        raw[9] = raw[7] + (raw[9] - raw[7]) * (1 + 0.1 * np.sin(i))
        object.__setattr__(packet, "raw_m", raw)
        rows.append(raw)
        track.add(packet)
    return track, np.array(rows)


def test_the_variation_is_that_of_the_metrics(breathing):
    track, rows = breathing
    values = bone_variation(track, 2.0)
    wanted = bone_cv(bone_lengths(rows))
    assert values[1:, 0] == pytest.approx(wanted, abs=1e-9)
    assert values[0, 0] == pytest.approx(wanted.mean(), abs=1e-9)
    assert values[:, 1] == pytest.approx(np.zeros(11), abs=1e-9)


def test_nothing_known_is_nothing_shown():
    assert np.isnan(bone_variation(Track(is_live=True), 0.0)).all()


def test_a_click_and_the_arrow_keys_choose_a_bone(qtbot):
    bones = BoneList()
    qtbot.addWidget(bones)
    bones.resize(250, 11 * 20)
    bones.show()
    with qtbot.waitSignal(bones.chosen) as chosen:
        qtbot.mouseClick(bones, Qt.MouseButton.LeftButton, pos=QPoint(50, 3 * 20 + 5))
    assert chosen.args == ["left_forearm"]
    qtbot.keyClick(bones, Qt.Key.Key_Down)
    assert bones.selected == "right_forearm"
    bones.select(ROWS[-1])
    qtbot.keyClick(bones, Qt.Key.Key_Down)
    assert bones.selected == WHOLE_BODY


def test_a_chosen_bone_is_plotted_over_time(qtbot, breathing):
    track, rows = breathing
    view = BonesView()
    qtbot.addWidget(view)
    view.redraw(track, 1.0, 2.0)
    assert "%" in view.value_text()
    view.list.select("left_forearm")
    assert view.plot is view.length
    raw = view.length.curves["raw"].getData()[1]
    assert raw == pytest.approx(100 * np.linalg.norm(rows[:, 9] - rows[:, 7], axis=1), abs=1e-4)
    assert view.value_text().endswith("cm")
    view.clear_curves()
    assert view.value_text() == ""


def test_variation_in_words():
    assert variation_text(0.089, 0.032) == "8.9 → 3.2 %"
    assert variation_text(0.05, 0.05) == "5.0 %"


def test_the_header_says_what_the_list_says_also_after_a_jump(qtbot, breathing, make_packet):
    track, _ = breathing
    track.add(make_packet(2.0, index=60))  # a packet counts since the jump, the list all of the last seconds
    view = BonesView()
    qtbot.addWidget(view)
    view.redraw(track, 2.0, 3.0)
    raw = 100 * bone_variation(track, 2.0)[0, 0]
    assert view.value_text() == f"0.0 %  ·  raw {raw:.1f} %"
