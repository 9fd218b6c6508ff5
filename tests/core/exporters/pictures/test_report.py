import cv2
import numpy as np
import pytest

from core.exporters.pictures.report import save_report, unwrap_deg
from core.sequence.pose_sequence import SequenceBuilder
from core.sequence.truth import Truth

pytestmark = pytest.mark.render


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    return builder.build({"source": "clip.mp4"})


def test_a_report_is_written_with_and_without_truth(sequence, tmp_path):
    save_report(sequence, tmp_path / "a.png")
    truth = Truth(sequence.joints_m + 0.05, np.full(5, 350.0), np.full(5, 3.0))
    save_report(sequence, tmp_path / "b.png", truth)
    plain, measured = cv2.imread(str(tmp_path / "a.png")), cv2.imread(str(tmp_path / "b.png"))
    assert measured.shape[0] > plain.shape[0]
    assert plain.std() > 1


def test_a_report_of_one_frame_or_nobody_does_not_fail(packets, tmp_path):
    for chosen in (packets[:1], packets[2:3]):
        builder = SequenceBuilder()
        builder.append(chosen[0])
        save_report(builder.build({}), tmp_path / "a.png")


def test_unwrapping_skips_gaps():
    angles = np.array([350.0, 358.0, np.nan, 4.0, 10.0])
    np.testing.assert_allclose(unwrap_deg(angles), [350, 358, np.nan, 364, 370])
