"""Videos that are unlike what a detector expects, through the real MediaPipe."""

from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest

from core.detection.bundle import load_pose_model
from core.detection.detector import PoseDetector
from core.pose.types import Frame
from core.refinement.pipeline import Pipeline
from core.refinement.refiner import DepthRefiner
from core.sources import VideoFile
from core.sources.decoding import decoding
from core.system.files.program import DEFAULT_REFINER, SAMPLE

pytestmark = pytest.mark.detect


def packets_of(frames):
    with Pipeline(PoseDetector(load_pose_model("full")), DepthRefiner(DEFAULT_REFINER)) as pipeline:
        return [pipeline.process(frame) for frame in frames]


def test_a_video_of_8k_is_read_and_seen(tmp_path):
    path = tmp_path / "8k.mp4"
    person = next(VideoFile(SAMPLE).frames()).image
    scale = 4320 // person.shape[0]
    image = np.zeros((4320, 7680, 3), np.uint8)
    big = person.repeat(scale, axis=0).repeat(scale, axis=1)
    image[: big.shape[0], : big.shape[1]] = big[:4320, :7680]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(30), options={"preset": "ultrafast", "crf": "35"})
        stream.width, stream.height, stream.pix_fmt = 7680, 4320, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    source = VideoFile(path)
    assert source.size_px == (7680, 4320)
    (packet,) = packets_of(source.frames())
    assert packet.detection.is_found
    assert packet.detection.landmarks_px[:, 1].max() <= 4320 * 1.2


def test_people_who_cross_are_one_plausible_person_at_a_time():
    """Two people walk through each other: whoever is followed, no pose is a chimera of NaN or of giant limbs."""
    frames = []
    for index, frame in enumerate(islice(VideoFile(SAMPLE).frames(), 30)):
        height, width = frame.image.shape[:2]
        canvas = np.full((height, 2 * width, 3), 90, np.uint8)
        place = round((index / 29) * width)
        canvas[:, place : place + width] = frame.image
        other = frame.image[:, ::-1]
        left = width - place
        seen = np.abs(other.astype(int) - frame.image[0, 0]).sum(axis=2) > 60
        canvas[:, left : left + width][seen] = other[seen]
        frames.append(Frame(canvas, index, index / 30))
    packets = packets_of(frames)
    found = [p for p in packets if p.detection.is_found]
    assert len(found) > 15
    for packet in found:
        assert np.isfinite(packet.joints_m).all()
        assert np.isfinite(packet.uncertainty_m).all()
        assert np.abs(packet.joints_m).max() < 2.5
        assert packet.viewpoint is not None


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (16, 3), (640, 1)], ids=str)
def test_tiny_frames_show_nobody_and_do_no_harm(size):
    width, height = size
    frames = [Frame(np.zeros((height, width, 3), np.uint8), i, i / 30) for i in range(3)]
    assert [p.detection.is_found for p in packets_of(frames)] == [False] * 3


def test_a_video_of_nobody_gives_packets_of_nobody(make_video):
    with decoding(VideoFile(make_video(n=10))) as frames:
        packets = packets_of(frame for frame in frames if frame is not None)
    assert len(packets) == 10
    assert not any(p.detection.is_found for p in packets)
    assert all(np.isnan(p.joints_m).all() and p.viewpoint is None for p in packets)
