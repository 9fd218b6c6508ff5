import dataclasses
from dataclasses import replace

import numpy as np
import pytest

from core.errors import DataError
from core.sequence.pose_sequence import PoseSequence, SequenceBuilder


@pytest.fixture
def sequence(packets):
    builder = SequenceBuilder()
    for packet in packets:
        builder.append(packet)
    return builder.build({"source": "clip.mp4"})


def test_packets_become_arrays_over_time(sequence, packets):
    assert len(sequence) == 5
    assert sequence.image_size == (64, 48)
    np.testing.assert_array_equal(sequence.frame_index, [0, 1, 4, 5, 6])
    np.testing.assert_allclose(sequence.time_s, [0.0, 0.1, 0.35, 0.4, 0.5])
    np.testing.assert_array_equal(sequence.is_found, [True, True, False, True, True])
    np.testing.assert_allclose(sequence.joints_m[3], packets[3].joints_m, atol=1e-6)
    np.testing.assert_allclose(sequence.raw_m[3], packets[3].raw_m, atol=1e-6)
    np.testing.assert_allclose(sequence.landmarks_px[4], packets[4].detection.landmarks_px, atol=1e-4)
    np.testing.assert_allclose(sequence.visibility[0, 0], 0.4)
    np.testing.assert_allclose(sequence.uncertainty_m[4], 0.046)
    assert np.isnan(sequence.joints_m[2]).all()
    assert np.isnan(sequence.direction[2]).all()


def test_the_viewpoint_comes_in_degrees(sequence):
    azimuth, elevation = sequence.angles_deg
    np.testing.assert_allclose(azimuth, np.rad2deg([0, 0.3, np.nan, 1.5, 1.8]), atol=1e-4)
    np.testing.assert_allclose(elevation, [0, 0, np.nan, 0, 0], atol=1e-4)


def test_bone_cv_is_what_the_live_display_shows(sequence):
    lengths = np.array([1 + 0.05 * np.sin(i) for i in (0, 1, 5)])
    expected = np.std(lengths) / np.mean(lengths)
    assert np.isnan(sequence.bone_cv_raw[0])
    assert sequence.bone_cv_raw[3] == pytest.approx(expected, rel=1e-4)


def test_a_builder_counts_who_was_found_and_can_be_empty(packets):
    builder = SequenceBuilder()
    assert len(builder.build({})) == builder.n_found == 0
    for packet in packets:
        builder.append(packet)
    assert (len(builder), builder.n_found) == (5, 4)


def test_a_builder_goes_on_after_it_was_asked_and_what_it_gave_stays(packets):
    builder = SequenceBuilder()
    for i in range(1100):  # past two of its growths
        moved = dataclasses.replace(packets[0], joints_m=packets[0].joints_m + i)
        frame = dataclasses.replace(moved.detection.frame, index=i, time_s=i / 30)
        builder.append(dataclasses.replace(moved, detection=dataclasses.replace(moved.detection, frame=frame)))
        if i == 600:
            early = builder.build({})
    late = builder.build({})
    assert (len(early), len(late)) == (601, 1100)
    np.testing.assert_allclose(early.joints_m[600], packets[0].joints_m + 600, rtol=1e-5)
    np.testing.assert_array_equal(late.joints_m[:601], early.joints_m)
    with pytest.raises(ValueError, match="read-only"):
        late.joints_m[0] = 0


def test_arrays_that_do_not_fit_are_refused(sequence):
    fields = {name: getattr(sequence, name) for name in PoseSequence.__dataclass_fields__}
    with pytest.raises(DataError, match=r"raw_m has shape \(4, 17, 3\), but \(5, 17, 3\)"):
        PoseSequence(**fields | {"raw_m": sequence.raw_m[:4]})
    with pytest.raises(DataError, match="must increase"):
        PoseSequence(**fields | {"time_s": np.array([0, 0.1, 0.1, 0.2, 0.3])})


def test_bone_cv_starts_anew_after_a_gap(packets):
    builder = SequenceBuilder()
    for packet, time_s in zip((packets[0], packets[1], packets[3], packets[4]), (0.0, 0.1, 0.7, 0.8), strict=True):
        frame = replace(packet.detection.frame, time_s=time_s)
        builder.append(replace(packet, detection=replace(packet.detection, frame=frame)))
    cv = builder.build({}).bone_cv
    np.testing.assert_array_equal(np.isnan(cv), [True, False, True, False])
