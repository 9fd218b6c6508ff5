import json
import zipfile

import numpy as np
import pytest

from core.errors import DataError
from models.data.motion import collect_motions
from models.data.motion.collect import load_motions
from models.data.motion.deepmimic import parse_deepmimic
from models.data.motion.types import INDEX

STANDING = [0.02, 0, 0.9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0]
STANDING += [1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0] * 2  # right: hip, knee, ankle, shoulder, elbow; then left
RIGHT_KNEE, LEFT_ELBOW = 20, 43


def clip(*changes, n=3):
    rows = [list(STANDING) for _ in range(n)]
    for row in rows:
        for where, value in changes:
            row[where] = value
    rows[-1][0] = 0.0  # as in the wheel: nothing follows the last frame
    return json.dumps({"Loop": "wrap", "Frames": rows})


def vector(raw, start, end):
    return raw.positions[0, raw.joint_names.index(end)] - raw.positions[0, raw.joint_names.index(start)]


def test_the_humanoid_stands_and_bends_its_hinges_as_people_do():
    raw = parse_deepmimic(clip((RIGHT_KNEE, -np.pi / 2), (LEFT_ELBOW, np.pi / 2)), "humanoid3d_x.txt")

    assert raw.fps == pytest.approx(50)
    np.testing.assert_allclose(raw.positions[0, 0], (0, 0.9, 0))
    np.testing.assert_allclose(vector(raw, "right_hip", "left_hip"), (0, 0, -2 * 0.084887), atol=1e-12)
    np.testing.assert_allclose(vector(raw, "right_knee", "right_ankle"), (-0.40987, 0, 0), atol=1e-12)  # behind
    np.testing.assert_allclose(vector(raw, "left_elbow", "left_wrist"), (0.258947, 0, 0), atol=1e-12)  # ahead
    np.testing.assert_allclose(vector(raw, "left_knee", "left_ankle"), (0, -0.40987, 0), atol=1e-12)


def test_quaternions_start_with_w_and_the_face_turns_with_the_body(tmp_path):
    half = np.sqrt(0.5)
    (tmp_path / "humanoid3d_turned.txt").write_text(clip((4, half), (6, half)))

    motion = next(load_motions(tmp_path / "humanoid3d_turned.txt"))

    # a quarter about y takes x, where the humanoid looks, to -z, and its left, -z, to -x
    np.testing.assert_allclose(motion.head_forward[0], (0, 0, -1), atol=1e-12)
    left = motion.positions_m[0, INDEX["left_hip"]] - motion.positions_m[0, INDEX["right_hip"]]
    np.testing.assert_allclose(left / np.linalg.norm(left), (-1, 0, 0), atol=1e-12)


def test_clips_are_found_in_folders_and_in_the_wheel(tmp_path):
    folder = tmp_path / "motions"
    folder.mkdir()
    for name in ("dance_a", "dance_b", "walk"):
        (folder / f"humanoid3d_{name}.txt").write_text(clip())
    (folder / "laikago_walk.txt").write_text("a robot dog")
    wheel = tmp_path / "pybullet-3.2.7-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in folder.iterdir():
            archive.write(path, f"pybullet_data/data/motions/{path.name}")

    found = collect_motions([folder])

    assert found.rejected == ()
    assert [m.name for m in found.motions] == ["humanoid3d_dance_a", "humanoid3d_dance_b", "humanoid3d_walk"]
    assert len({m.subject for m in found.motions}) == 2
    assert [m.name for m in collect_motions([wheel]).motions] == [m.name for m in found.motions]
    assert "zlib" in found.motions[0].licence


@pytest.mark.parametrize(
    "text",
    [
        "not JSON",
        "[]",
        json.dumps({"Frames": [[1.0, 2.0]] * 3}),
        json.dumps({"Frames": [STANDING]}),
        json.dumps({"Frames": [STANDING, STANDING[:-1]]}),
        clip((4, 0.0)),
        clip((0, 0.0)),
        clip((1, float("nan"))),
        clip((1, 10**400)),
    ],
)
def test_a_damaged_clip_is_one_sentence(text):
    with pytest.raises(DataError, match="humanoid3d_x"):
        parse_deepmimic(text, "humanoid3d_x.txt")


def test_another_wheel_is_one_sentence(tmp_path):
    with zipfile.ZipFile(tmp_path / "numpy.whl", "w") as archive:
        archive.writestr("numpy/__init__.py", "")

    with pytest.raises(DataError, match="pybullet wheel"):
        list(load_motions(tmp_path / "numpy.whl"))
    (tmp_path / "torn.whl").write_bytes(b"PK torn")
    with pytest.raises(DataError, match=r"torn\.whl"):
        list(load_motions(tmp_path / "torn.whl"))


@pytest.mark.parametrize("at", ["packed", "method", "flags"])
def test_a_wheel_that_is_damaged_inside_is_one_sentence(tmp_path, at):
    path = tmp_path / "pybullet.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("humanoid3d_walk.txt", clip())
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    if at == "packed":
        start = content.index(b"humanoid3d_walk.txt") + len("humanoid3d_walk.txt")
        content[start : start + 4] = b"\xff" * 4
    elif at == "method":
        content[8] = content[directory + 10] = 99  # of packing, in both places
    else:
        content[6] = content[directory + 8] = 1  # encrypted
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"pybullet\.whl cannot be read"):
        list(load_motions(path))
