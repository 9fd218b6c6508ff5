"""BVH and GLB, opened by the libraries that other people read them with, and compared number by number."""

import warnings
from dataclasses import replace

import numpy as np
import pygltflib
import pytest
import trimesh

from core.exporters import EXPORTERS
from core.exporters.rig.bone_mesh import bone_mesh
from core.filters import FilterChoice
from core.pose.humanoid import BONE, BONE_NAMES, JOINT_NAMES, PARENTS, Humanoid, humanoid_joints, joint_lengths
from core.pose.skeleton import LANDMARK_TO_COCO
from core.pose.types import Frame
from core.sequence.export_choices import ExportChoices
from core.sequence.pose_sequence import SequenceBuilder

with warnings.catch_warnings():
    warnings.simplefilter("ignore", PendingDeprecationWarning)  # of PyGLM, about how bvhio imports it
    import bvhio

AS_SEEN = ExportChoices(filter=FilterChoice("none"), max_gap_ms=0.0, roll_deg=0.0)
FPS = 20.0


@pytest.fixture
def sequence(random_landmarks, packet_of):
    """60 wild poses in the middle of a level camera's picture; in frames 10 to 29 and the last two nobody is seen."""
    builder = SequenceBuilder()
    for index, upright in enumerate(random_landmarks):
        builder.append(packet_of(None if 10 <= index < 30 or index >= 58 else upright, index, index / FPS))
    return builder.build({"fps": FPS, "source": "Tänze.mp4"})


@pytest.fixture
def wanted(random_landmarks):
    """(60, 24, 3) where the joints have to be, hips at the origin; joints that a bone can move, so no crown."""
    return humanoid_joints(random_landmarks)


def bvh_positions(path):
    """(N, 19, 3) metres, read by bvhio."""
    root = bvhio.readAsHierarchy(str(path))
    n = bvhio.readAsBvh(str(path)).FrameCount
    positions = np.empty((n, len(BONE_NAMES), 3))
    for frame in range(n):
        root.loadPose(frame)
        for joint, _, _ in root.layout():
            positions[frame, BONE[joint.Name]] = joint.PositionWorld
    return positions / 100


def test_bvh_holds_the_positions_within_a_millimetre(sequence, wanted, tmp_path):
    EXPORTERS["bvh"].save(sequence, tmp_path / "tänze und mehr.bvh", AS_SEEN)
    positions = bvh_positions(tmp_path / "tänze und mehr.bvh")
    assert positions.shape == (60, 19, 3)
    seen = [*range(10), *range(30, 58)]
    error_mm = np.linalg.norm(positions - positions[:, :1] - wanted[:, :19], axis=2)[seen] * 1e3
    assert error_mm.max() < 0.1  # a tenth: angles have five decimals
    lengths = joint_lengths(np.concatenate([positions, wanted[:, 19:]], axis=1))[:, :19]
    np.testing.assert_allclose(lengths, np.tile(lengths[:1], (60, 1)), atol=1e-5)


def test_bvh_stands_on_the_floor_and_says_its_rate(sequence, wanted, tmp_path):
    EXPORTERS["bvh"].save(sequence, tmp_path / "a.bvh", AS_SEEN)
    container = bvhio.readAsBvh(str(tmp_path / "a.bvh"))
    assert container.FrameTime == pytest.approx(1 / FPS, abs=1e-8)
    assert container.Root.Channels == [*(f"{a}position" for a in "XYZ"), *(f"{a}rotation" for a in "ZXY")]
    seen = [*range(10), *range(30, 58)]
    heights = np.delete(wanted[..., 1], JOINT_NAMES.index("HeadTip"), axis=1)
    assert bvh_positions(tmp_path / "a.bvh")[seen, 0, 1] == pytest.approx(-heights[seen].min(axis=1), abs=2e-2)


def test_bvh_angles_do_not_jump_by_whole_turns(packets, tmp_path):
    """A person who turns round three times."""
    builder = SequenceBuilder()
    packet = packets[0]
    for i in range(60):
        a = 2 * np.pi * i / 20
        turn = np.array([[np.cos(a), 0, np.sin(a)], [0, 1, 0], [-np.sin(a), 0, np.cos(a)]])
        landmarks = packet.detection.landmarks_m @ turn.T
        detection = replace(
            packet.detection, frame=Frame(packet.detection.frame.image, i, i / 20), landmarks_m=landmarks
        )
        builder.append(replace(packet, detection=detection, joints_m=landmarks[LANDMARK_TO_COCO]))
    EXPORTERS["bvh"].save(builder.build({}), tmp_path / "a.bvh", AS_SEEN)
    rows = (tmp_path / "a.bvh").read_text().partition("Frame Time")[2].splitlines()[1:]
    about_y = np.array([row.split()[5] for row in rows], dtype=float)
    assert np.abs(np.diff(about_y)).max() < 30
    assert abs(about_y[-1] - about_y[0]) == pytest.approx(360 * 59 / 20, abs=5)


def test_bvh_holds_the_last_pose_while_nobody_is_there(sequence, tmp_path):
    EXPORTERS["bvh"].save(sequence, tmp_path / "a.bvh", AS_SEEN)
    positions = bvh_positions(tmp_path / "a.bvh")
    np.testing.assert_allclose(positions[10:30], np.tile(positions[9], (20, 1, 1)), atol=1e-6)
    np.testing.assert_allclose(positions[58:], np.tile(positions[57], (2, 1, 1)), atol=1e-6)
    assert np.linalg.norm(positions[30] - positions[29], axis=1).max() > 0.3
    motion = EXPORTERS["bvh"].prepare(sequence, AS_SEEN)
    assert motion.facts()["absences_s"] == [[0.5, 1.5], [2.9, 3.0]]
    assert motion.notes[-1] == (
        "Nobody is seen from 0.50 to 1.50 s, 2.90 to 3.00 s: the last pose is held there."
    )  # fmt: skip


def test_glb_animates_the_same_skeleton(sequence, wanted, tmp_path):
    EXPORTERS["glb"].save(sequence, tmp_path / "a.glb", AS_SEEN)
    document = pygltflib.GLTF2().load(str(tmp_path / "a.glb"))
    assert [document.nodes[i].name for i in document.skins[0].joints] == list(JOINT_NAMES)
    animation = document.animations[0]
    times = accessor(document, animation.samplers[0].input)
    np.testing.assert_allclose(times, np.array([*range(11), *range(29, 59)]) / FPS, atol=1e-6)
    tracks = {
        (document.nodes[c.target.node].name, c.target.path): accessor(document, animation.samplers[c.sampler].output)
        for c in animation.channels
    }
    for values in tracks.values():
        np.testing.assert_array_equal(values[9:12], np.tile(values[9], (3, 1)))  # held while nobody is there
    assert document.asset.extras["absences_s"] == [[0.5, 1.5], [2.9, 3.0]]
    frame, index = 14, 32  # after eleven keys, the last of which holds, and one that still does
    places = posed(document, {name: values[frame] for name, values in tracks.items()})
    error_mm = np.linalg.norm(places - places[0] - wanted[index], axis=1) * 1e3
    assert np.delete(error_mm, JOINT_NAMES.index("HeadTip")).max() < 0.01
    for (_, path), values in tracks.items():
        if path == "rotation":
            assert np.sum(values[1:] * values[:-1], axis=1).min() >= 0  # never the long way round


def test_glb_has_a_solid_body_in_a_t_pose_on_the_floor(sequence, wanted, tmp_path):
    EXPORTERS["glb"].save(sequence, tmp_path / "a.glb", AS_SEEN)
    scene = trimesh.load(str(tmp_path / "a.glb"))
    body = trimesh.util.concatenate(list(scene.geometry.values()))
    body.merge_vertices(merge_norm=True, merge_tex=True)
    body.update_faces(body.nondegenerate_faces())
    assert body.is_winding_consistent
    assert body.volume > 0  # faces look outwards
    (left, low, back), (right, high, front) = body.bounds
    assert low == pytest.approx(0.0, abs=0.04)
    assert high == pytest.approx(0.42 + 0.4 + 0.18 * np.sin(np.deg2rad(15)) + 0.5 + 0.2 * 1.6, abs=0.01)
    assert -left == pytest.approx(right, abs=1e-6)
    assert right == pytest.approx(0.17 + 0.28 + 0.25 + 0.08, abs=0.01)
    assert front > -back  # feet point to +z


def test_the_body_is_lit_from_outside(random_landmarks):
    mesh = bone_mesh(Humanoid.from_joints(humanoid_joints(random_landmarks)).rest_joints_m)
    a, b, c = np.moveaxis(mesh.positions_m[mesh.triangles], 1, 0)
    faces = np.cross(b - a, c - a)
    is_real = np.linalg.norm(faces, axis=1) > 1e-9
    assert is_real.sum() > 1000
    towards = np.einsum("fi,fi->f", faces, mesh.normals[mesh.triangles].mean(axis=1))
    assert towards[is_real].min() > 0
    np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1.0)


def test_a_single_frame_is_enough(packets, tmp_path):
    builder = SequenceBuilder()
    builder.append(packets[0])
    one = builder.build({})
    EXPORTERS["bvh"].save(one, tmp_path / "a.bvh")
    EXPORTERS["glb"].save(one, tmp_path / "a.glb")
    assert bvh_positions(tmp_path / "a.bvh").shape == (1, 19, 3)
    assert len(pygltflib.GLTF2().load(str(tmp_path / "a.glb")).animations) == 1


def test_nobody_gives_files_that_open(packets, tmp_path):
    builder = SequenceBuilder()
    builder.append(packets[2])
    nobody = builder.build({})
    EXPORTERS["bvh"].save(nobody, tmp_path / "a.bvh")
    EXPORTERS["glb"].save(nobody, tmp_path / "a.glb")
    assert "Frames: 0" in (tmp_path / "a.bvh").read_text()
    assert not pygltflib.GLTF2().load(str(tmp_path / "a.glb")).animations


def accessor(document, index):
    """The numbers of a float accessor."""
    info = document.accessors[index]
    view = document.bufferViews[info.bufferView]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[info.type]
    flat = np.frombuffer(document.binary_blob(), np.float32, info.count * width, view.byteOffset)
    return flat.reshape(info.count, width).squeeze(-1) if width == 1 else flat.reshape(info.count, width)


def posed(document, values):
    """(24, 3) joints of a glTF skeleton: node matrices multiplied as the format says, without code of the program."""
    skin = document.skins[0].joints
    places = {skin[0]: (np.eye(3), np.zeros(3))}

    def visit(index, turned, place):
        node = document.nodes[index]
        offset = values.get((node.name, "translation"), np.array(node.translation))
        x, y, z, w = values.get((node.name, "rotation"), (0, 0, 0, 1))
        matrix = np.array(
            [
                [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
                [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
                [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
            ]
        )
        places[index] = (turned @ matrix, place + turned @ offset)
        for child in node.children:
            visit(child, *places[index])

    visit(skin[0], np.eye(3), np.zeros(3))
    return np.array([places[index][1] for index in skin])


def test_the_tree_in_the_glb_is_the_tree_of_the_humanoid(sequence, tmp_path):
    EXPORTERS["glb"].save(sequence, tmp_path / "a.glb", AS_SEEN)
    nodes = pygltflib.GLTF2().load(str(tmp_path / "a.glb")).nodes
    parents = {nodes[child].name: node.name for node in nodes for child in node.children}
    assert {name: parents[name] for name in JOINT_NAMES[1:]} == {
        name: JOINT_NAMES[PARENTS[index]] for index, name in enumerate(JOINT_NAMES) if index
    }


def test_the_skin_leaves_the_rest_pose_alone(sequence, tmp_path):
    """A node's place in the T-pose, times its inverse bind matrix, is nothing at all."""
    EXPORTERS["glb"].save(sequence, tmp_path / "a.glb", AS_SEEN)
    document = pygltflib.GLTF2().load(str(tmp_path / "a.glb"))
    # matrices are kept by column
    matrices = accessor(document, document.skins[0].inverseBindMatrices).reshape(-1, 4, 4).swapaxes(1, 2)
    np.testing.assert_allclose(matrices[:, :3, 3], -rest_places(document), atol=1e-6)
    np.testing.assert_allclose(matrices[:, :3, :3], np.tile(np.eye(3), (len(matrices), 1, 1)))


def rest_places(document):
    hips = document.skins[0].joints[0]
    return np.array(document.nodes[hips].translation) + posed(document, {("Hips", "translation"): np.zeros(3)})
