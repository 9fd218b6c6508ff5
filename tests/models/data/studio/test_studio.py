"""The studio from a pose to a pair file. Skipped where OpenGL cannot be opened without a screen."""

import dataclasses
import json
from unittest import mock

import numpy as np
import pytest

from core.detection.bundle import load_pose_model
from core.detection.looks import Look
from core.errors import DataError, ModelError
from core.pose.geometry import camera_to_view_ray, project
from core.pose.skeleton import BODY, LANDMARK_TO_COCO, LEFT_HIP, LEFT_SHOULDER, LEFT_WRIST, RIGHT_HIP, RIGHT_WRIST
from core.pose.types import Detection, Frame
from core.sequence.pairs import load_pairs, pair_files, pair_splits
from models.data.looks import LoadedLook, load_looks
from models.data.motion.types import INDEX
from models.data.studio import run
from models.data.studio.body import bone_transforms, keypoints, load_template, shape_body, skin
from models.data.studio.camera import film
from models.data.studio.clip import frames, make_pairs, observe, prepare
from models.data.studio.plan import ClipPlan
from models.data.studio.renderer import Renderer, projection
from models.training.dataset import PairDataset
from tests.models.data.conftest import swinging

pytestmark = pytest.mark.render

N = 12


@pytest.fixture(scope="module")
def template():
    return load_template()


@pytest.fixture(scope="module")
def renderer(template):
    try:
        result = Renderer()
    except ModelError as error:
        pytest.skip(str(error))
    yield result
    result.close()


def make_plan(index=0, seed=1, split="train", body=5):
    joints, forward = swinging(N)
    return ClipPlan(index, seed, split, "swing", "walker", joints, forward, 30.0, body, "none")


@pytest.fixture(scope="module")
def take(template):
    """A clip of the whole body."""
    return next(t for t in (prepare(make_plan(i), template, 480) for i in range(20)) if not t.hard_case)


def test_limbs_point_where_the_motion_says(template):
    joints, forward = swinging(N)
    body = shape_body(template, {"gender": 0.9, "height": 0.4})
    transforms = bone_transforms(body, joints, forward)

    for side, letter in (("left", "L"), ("right", "R")):
        for start, end, a, b in (
            ("elbow", "wrist", "lowerarm01", "wrist"),
            ("shoulder", "elbow", "upperarm01", "lowerarm01"),
            ("hip", "knee", "upperleg01", "lowerleg01"),
            ("knee", "ankle", "lowerleg01", "foot"),
        ):
            bone = template.bone_labels.index(f"{a}.{letter}")
            turned = transforms[:, bone, :, :3] @ (body.head(f"{b}.{letter}") - body.head(f"{a}.{letter}"))
            wanted = joints[:, INDEX[f"{side}_{end}"]] - joints[:, INDEX[f"{side}_{start}"]]
            cosine = np.sum(turned * wanted, axis=1) / np.linalg.norm(turned, axis=1) / np.linalg.norm(wanted, axis=1)
            # the first half of the forearm shares a tenth of the elbow's bend
            assert cosine.min() > (0.99 if a == "lowerarm01" else 0.9999), (side, start)


def test_true_joints_are_those_of_the_posed_skin(template):
    joints, forward = swinging(3)
    body = shape_body(template, {"weight": 0.8})
    transforms = bone_transforms(body, joints, forward)

    skinned = skin(template.weights, transforms, body.vertices, np.zeros_like(body.vertices))[..., :3]

    np.testing.assert_allclose(keypoints(body, transforms), template.keypoint_weights @ skinned, atol=1e-4)


def test_a_body_faces_ahead_with_its_left_to_the_left(template):
    joints, forward = swinging(1)
    points = keypoints(*(body := shape_body(template, {}), bone_transforms(body, joints, forward)))[0]

    assert points[LEFT_SHOULDER, 0] > 0.1
    assert points[0, 2] > points[[3, 4], 2].mean()  # the nose is ahead of the ears
    assert 1.4 < body.stature_m < 2.0


def test_the_camera_sees_all_of_the_person_and_knows_where_up_is(take):
    track = take.camera
    identity = np.broadcast_to(np.eye(3), track.rotations.shape)
    np.testing.assert_allclose(track.rotations @ np.swapaxes(track.rotations, 1, 2), identity, atol=1e-9)

    pixels = project(take.joints_cam_m, track.intrinsics)

    assert (pixels > 0).all()
    assert (pixels < take.size).all()
    assert (take.up_cam[:, 1] < -0.5).all()  # against y, which points down
    feet_to_head = take.joints_cam_m[:, 0] - take.joints_cam_m[:, [15, 16]].mean(axis=1)
    cosine = np.sum(feet_to_head * take.up_cam, axis=1) / np.linalg.norm(feet_to_head, axis=1)
    assert cosine.min() > 0.97


def test_a_crop_is_nearer_than_a_full_view():
    extent = np.random.default_rng(0).uniform([-0.3, 0, -0.3], [0.3, 1.7, 0.3], (5, 30, 3))
    near, far = (film(np.random.default_rng(4), extent, (640, 480), 30.0, crop_share=share) for share in (1.0, 0.0))

    assert near.is_cropped
    assert not far.is_cropped
    centre = extent.mean(axis=(0, 1))
    assert (
        np.linalg.norm(near.positions - centre, axis=1).mean() < np.linalg.norm(far.positions - centre, axis=1).mean()
    )


def test_the_drawn_body_is_where_its_joints_project(take, renderer):
    """Draw the person in white light and in none: what changes is the person."""
    renderer.load(take.scene, [take.appearance], take.size)
    lit = renderer._body_program["ambient"]
    skinned = skin(take.appearance.weights, take.transforms[:1], take.appearance.vertices, take.appearance.normals)[0]
    images = []
    for value in (4.0, 0.0):
        lit.value = value
        images.append(renderer.draw([skinned], take.shadows[0], take.camera[0]).astype(int))
    silhouette = np.abs(images[0] - images[1]).sum(axis=2) > 0

    x, y = np.round(project(take.joints_cam_m[0], take.camera.intrinsics)).astype(int).T
    inside = silhouette[y, x]
    assert inside[[LEFT_WRIST, RIGHT_WRIST, LEFT_HIP, RIGHT_HIP, 13, 14, 5, 6]].all()
    assert silhouette.mean() < 0.4


@pytest.fixture(scope="module")
def take_with_bystander(template):
    with mock.patch("models.data.studio.clip._BYSTANDER_SHARE", 1.0):
        return next(t for t in (prepare(make_plan(i), template, 480) for i in range(20)) if t.bystander)


def test_a_bystander_stands_farther_away_on_the_floor_and_is_drawn_there(take_with_bystander, renderer):
    take, other = take_with_bystander, take_with_bystander.bystander
    theirs = take.camera.to_camera(other.joints_m)
    distance, nearest = np.linalg.norm(theirs, axis=-1).min(), np.linalg.norm(take.joints_cam_m, axis=-1).max()
    assert take.hard_case == "bystander"
    assert distance > nearest - 0.5
    assert 0.0 < other.joints_m[..., 1].min() < 0.15

    renderer.load(take.scene, [take.appearance, other.appearance], take.size)
    person = skin(take.appearance.weights, take.transforms[:1], take.appearance.vertices, take.appearance.normals)[0]
    clothes = other.appearance
    second = skin(clothes.weights, other.transforms[:1], clothes.vertices, clothes.normals)[0]
    skin_joints = take.body.template.keypoint_weights @ second[:, :3]
    np.testing.assert_allclose(skin_joints, other.joints_m[0], atol=0.03)  # clothes are that thick
    alone, both = (
        renderer.draw(bodies, take.shadows[0], take.camera[0]).astype(int) for bodies in ([person], [person, second])
    )
    renderer.load(take.scene, [take.appearance, take.appearance], take.size)
    twins = renderer.draw([person, second], take.shadows[0], take.camera[0]).astype(int)
    assert (np.abs(twins - both).sum(axis=2) > 12).sum() > 50  # everybody wears what is theirs
    y, x = np.nonzero(np.abs(alone - both).sum(axis=2) > 12)
    pixels = project(theirs[0], take.camera.intrinsics)
    margin = 0.3 * np.ptp(pixels[:, 1])
    assert len(x) > 50
    assert pixels[:, 0].min() - margin < x.min()
    assert x.max() < pixels[:, 0].max() + margin
    assert pixels[:, 1].min() - margin < y.min()
    assert y.max() < pixels[:, 1].max() + margin


def test_frames_in_which_the_bystander_was_found_are_left_out(take_with_bystander):
    take = take_with_bystander
    person, other = (
        project(joints, take.camera.intrinsics)
        for joints in (take.joints_cam_m, take.camera.to_camera(take.bystander.joints_m))
    )
    detections = []
    for i, pixels in enumerate([person[0], other[1], person[2]]):
        landmarks_px = np.zeros((33, 2))
        landmarks_px[LANDMARK_TO_COCO] = pixels
        frame = Frame(np.zeros((4, 4, 3), np.uint8), i, i / 30)
        detections.append(Detection(frame, landmarks_px, np.zeros((33, 3)), np.ones(33)))
    look = LoadedLook(Look("full"), mock.Mock(sha256=""))
    assert make_pairs(take, detections, look).frame_index.tolist() == [0, 2]
    assert len(make_pairs(take, detections, look, keep_all=True)) == 3


def test_bystanders_leave_the_other_clips_as_they_were(take, template):
    with mock.patch("models.data.studio.clip._BYSTANDER_SHARE", 0.0):
        again = prepare(take.plan, template, 480)
    np.testing.assert_array_equal(again.scene.triangles, take.scene.triangles)
    np.testing.assert_array_equal(again.joints_cam_m, take.joints_cam_m)


def test_opengl_projects_as_the_pinhole_does():
    K = np.array([[500.0, 0, 200], [0, 510, 300], [0, 0, 1]])
    point = np.array([0.3, -0.2, 2.0])

    clip = projection(K, 640, 480) @ [point[0], -point[1], -point[2], 1]
    x, y = clip[:2] / clip[3]

    np.testing.assert_allclose([(x + 1) / 2 * 640, (1 - y) / 2 * 480], project(point, K))


def test_mediapipe_finds_the_person_where_the_truth_is(take, renderer):
    """Guards the frame of reference: the truth must project onto what MediaPipe sees, and agree in 3D."""
    looks = load_looks(("full", "full-mirrored"))
    pairs, mirrored = (
        make_pairs(take, seen, look)
        for look, seen in zip(looks, observe(frames(take, renderer), take, looks), strict=True)
    )

    assert len(pairs) >= N - 2
    assert len(mirrored) >= N - 2
    _, here, there = np.intersect1d(pairs.frame_index, mirrored.frame_index, return_indices=True)
    gap = np.linalg.norm(pairs.pose_2d[here] - mirrored.pose_2d[there], axis=-1)[:, BODY]
    assert 0 < np.median(gap) < 0.04 * np.ptp(pairs.pose_2d[..., 1])
    apart = np.linalg.norm(pairs.corrupted[here] - mirrored.corrupted[there], axis=-1)[:, BODY]
    assert np.median(apart) < 0.1  # sides exchanged, or x the other way, would be half a metre
    np.testing.assert_array_equal(pairs.ground_truth[here], mirrored.ground_truth[there])
    assert (pairs.meta["mirrored"], mirrored.meta["mirrored"]) == (False, True)
    pixels = project(take.joints_cam_m[pairs.frame_index], pairs.K)
    height = np.ptp(pixels[..., 1], axis=1).mean()
    assert np.median(np.linalg.norm(pixels - pairs.pose_2d, axis=-1)[:, BODY]) < 0.04 * height
    error = np.linalg.norm(pairs.corrupted - pairs.ground_truth, axis=-1)[:, BODY].mean()
    assert error < 0.25
    # a mirrored or reversed depth would be worse than the right one
    mirrored = np.linalg.norm(pairs.corrupted - pairs.ground_truth * [1, 1, -1], axis=-1)[:, BODY].mean()
    assert error < mirrored
    np.testing.assert_allclose(pairs.ground_truth[:, [LEFT_HIP, RIGHT_HIP]].mean(axis=1), 0, atol=1e-6)
    assert pairs.meta["running_mode"] == "video"


def test_the_viewpoint_is_the_true_one(take):
    """The person faces +z of the room: the camera's azimuth follows from where it stands."""
    model = dataclasses.replace(load_pose_model("full"))
    nobody = make_pairs(take, [_seen(i) for i in range(N)], LoadedLook(Look("full"), model))
    root = (take.joints_cam_m[:, LEFT_HIP] + take.joints_cam_m[:, RIGHT_HIP]) / 2
    from_root = np.einsum("tji,tj->ti", take.camera.rotations, -root)  # world: x left of the person, z ahead

    azimuth = np.rad2deg(np.arctan2(-from_root[:, 0], from_root[:, 2])) % 360
    difference = (nobody.azimuth - azimuth + 180) % 360 - 180
    assert np.abs(difference).max() < 3
    elevation = np.rad2deg(np.arctan2(from_root[:, 1], np.hypot(from_root[:, 0], from_root[:, 2])))
    np.testing.assert_allclose(nobody.elevation, elevation, atol=1e-6)
    truth, _ = camera_to_view_ray(take.joints_cam_m)
    np.testing.assert_allclose(nobody.ground_truth, truth)


def _seen(index):
    from core.pose.types import Detection, Frame

    frame = Frame(np.zeros((2, 2, 3), np.uint8), index, index / 30)
    return Detection(frame, np.zeros((33, 2)), np.zeros((33, 3)), np.ones(33))


@pytest.fixture
def studio(tmp_path, monkeypatch, template, renderer, make_motion):
    """run_studio on two clips of a few frames; returns how often it filmed."""
    np.savez(tmp_path / "unused.npz", a=np.zeros(1))
    filmed = []
    plans = [make_plan(i, split=split) for i, split in enumerate(("train", "test"))]
    real = run.film_clip

    def film_clip(plan, *args):
        filmed.append(plan.index)
        return real(plan, *args)

    found = run.collect_motions.__globals__["MotionReport"]((make_motion(),), ("bad.bvh is bad.",))
    monkeypatch.setattr(run, "collect_motions", lambda paths: found)
    monkeypatch.setattr(run, "plan_clips", lambda motions, n_frames, seed: iter(plans))
    monkeypatch.setattr(run, "film_clip", film_clip)
    monkeypatch.setattr(run, "_stage", lambda: (template, renderer))

    def start(out, seed=1, looks=("full",)):
        filmed.clear()
        events = []
        run.run_studio([], out, 2 * N, seed, 0, looks, 320, events.append)
        return list(filmed), events

    return start


def test_a_run_is_the_same_twice_and_goes_on_where_it_stopped(studio, tmp_path):
    first, events = studio(tmp_path / "a")
    studio(tmp_path / "b")

    assert first == [0, 1]
    assert events[0].rejected == "bad.bvh is bad."
    assert events[-1].n_done == 2 * N
    files = pair_files(tmp_path / "a")
    assert [p.name for p in pair_files(tmp_path / "a", "test")] == ["000001_test_walker.npz"]
    for file in files:
        one, two = load_pairs(file), load_pairs(tmp_path / "b" / file.name)
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(two, field.name))

    files[0].unlink()
    again, _ = studio(tmp_path / "a")
    assert again == [0]
    assert studio(tmp_path / "a")[0] == []

    with pytest.raises(DataError, match=r"other settings \(seed\)"):
        studio(tmp_path / "a", seed=2)


def test_one_film_is_seen_by_every_look_and_each_has_a_data_set(studio, tmp_path):
    studio(tmp_path / "alone")
    looks = ("full", "lite-mirrored")
    first, events = studio(tmp_path / "all", looks=looks)

    assert first == [0, 1]
    assert all(event.n_pairs > N for event in events[1:])
    splits = [pair_splits(tmp_path / "all" / look) for look in looks]
    assert [{p.name: s for p, s in of.items()} for of in splits] == [
        {"000000_train_walker.npz": "train", "000001_test_walker.npz": "test"}
    ] * 2
    assert set(pair_splits(tmp_path / "all")) == {path for of in splits for path in of}
    for plain, full, mirrored in zip(pair_files(tmp_path / "alone"), *splits, strict=True):
        one, same, other = load_pairs(plain), load_pairs(full), load_pairs(mirrored)
        np.testing.assert_array_equal(one.corrupted, same.corrupted)  # nobody else's looking changes a look
        assert (same.meta["pose_variant"], same.meta["mirrored"]) == ("full", False)
        assert (other.meta["pose_variant"], other.meta["mirrored"]) == ("lite", True)
    with pytest.raises(DataError, match="mix MediaPipe variants"):
        PairDataset.load([tmp_path / "all"], "train")
    assert len(PairDataset.load([tmp_path / "all" / "lite-mirrored"], "train")) > 5

    next(iter(splits[1])).unlink()
    assert studio(tmp_path / "all", looks=looks)[0] == [0]
    with pytest.raises(DataError, match=r"other settings \(.*looks\)"):
        studio(tmp_path / "all", looks=("full", "full-mirrored"))
    with pytest.raises(DataError, match=r"other settings \(.*looks\)"):
        studio(tmp_path / "alone", looks=looks)


def test_a_clip_in_which_nobody_is_found_is_told_and_not_tried_again(studio, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "film_clip", lambda plan, *_: {plan.file_name: (0, "nobody there")})

    _, events = studio(tmp_path)

    assert [e.rejected for e in events[1:]] == ["nobody there"] * 2
    index = json.loads((tmp_path / "index.json").read_text())
    assert list(index["about"]["rejected"].values()) == ["nobody there"] * 2
    monkeypatch.setattr(run, "film_clip", lambda *_: pytest.fail("tried again"))
    studio(tmp_path)


def test_without_opengl_the_package_to_install_is_named(template, monkeypatch):
    import moderngl

    def no_egl(**_):
        raise Exception("libEGL.so.1: cannot open shared object file")

    monkeypatch.setattr(moderngl, "create_context", no_egl)
    with pytest.raises(ModelError, match="libegl1"):
        Renderer()
