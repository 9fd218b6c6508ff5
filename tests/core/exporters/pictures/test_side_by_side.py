import av
import numpy as np
import pytest

from core.exporters.pictures.encoder import VideoWriter
from core.exporters.pictures.side_by_side import side_by_side


def test_the_picture_has_two_columns_beside_it_that_differ(packets):
    image = side_by_side(packets[0])
    assert image.shape == (64, 86 + 32 + 32, 3)  # 64 × 48, brought to the smallest height
    raw, refined = image[:, 86:118], image[:, 118:]
    assert np.abs(raw.astype(int) - refined).max() > 50


def test_nobody_leaves_empty_columns_of_the_same_size(packets):
    found, nobody = side_by_side(packets[0]), side_by_side(packets[2])
    assert found.shape == nobody.shape
    assert nobody[40:60, 86:].max() < 200


@pytest.mark.parametrize("missing", [(), ("libx264",), ("libx264", "libopenh264")])
def test_a_video_is_written_with_the_best_encoder_there_is(missing, tmp_path, monkeypatch):
    monkeypatch.setattr(av, "codecs_available", av.codecs_available - set(missing))
    path = tmp_path / "a.mp4"
    rng = np.random.default_rng(0)
    with VideoWriter(path, 25.0) as writer:
        for i in range(8):
            writer.add(rng.integers(0, 255, (47, 65, 3)).astype(np.uint8), i / 25)
    with av.open(str(path)) as container:
        name = container.streams.video[0].codec_context.name
        times = [frame.time for frame in container.decode(video=0)]
    is_h264 = bool({"libx264", "libopenh264"} & av.codecs_available)
    assert name == ("h264" if is_h264 else "mpeg4")
    np.testing.assert_allclose(times, np.arange(8) / 25, atol=1e-3)
