import numpy as np
import pytest

from core.errors import DataError
from core.pose.geometry import mid_hip
from core.pose.skeleton import BODY, LANDMARK_TO_COCO, N_LANDMARKS, SWAP_SIDES
from core.sequence.pairs import load_pairs, save_pairs
from models.data.multiview.pairing import pair_camera, raw_errors_mm
from models.data.multiview.reconstruction import clean
from models.data.multiview.reconstruction.quality import reconstruction_figures, reconstruction_lines
from models.data.multiview.reconstruction.reconstruct import reconstruct
from models.data.multiview.reconstruction.triangulate import triangulate
from models.data.multiview.video_detection import DetectedVideo
from tests.models.data.multiview.conftest import FPS, N_FRAMES, trust


def test_exact_views_give_the_exact_points(cameras, walker, views):
    found = reconstruct(cameras, views, trust(views), FPS)
    np.testing.assert_allclose(found.joints_world_m, walker, atol=5e-3)  # the wrists' swing is smoothed a little
    np.testing.assert_allclose(found.offsets_px, 0, atol=0.1)
    assert not found.swapped.any()


def test_a_wrong_view_is_thrown_out(cameras, walker, views):
    views[1, :, 9] += 120.0
    found = reconstruct(cameras, views, trust(views), FPS)
    np.testing.assert_allclose(found.joints_world_m, walker, atol=8e-3)
    assert np.isnan(found.residual_px[1, :, 9]).all()
    assert np.isfinite(found.residual_px[0, :, 9]).all()


def test_two_wrong_views_leave_nothing_to_trust(cameras, views):
    views[1, :, 9] += 150.0
    views[2, :, 9] -= 150.0
    found = reconstruct(cameras, views, trust(views), FPS)
    assert np.isnan(found.joints_world_m[:, 9]).all()
    assert np.isfinite(found.joints_world_m[:, 10]).all()


def test_exchanged_sides_are_found_and_undone(cameras, walker, views):
    rng = np.random.default_rng(0)
    views += rng.normal(0, 3, views.shape)
    views[2, 8:18] = views[2, 8:18][:, SWAP_SIDES]
    views[0, 22:, 11:] = views[0, 22:][:, SWAP_SIDES][:, 11:]  # the legs alone
    found = reconstruct(cameras, views, trust(views), FPS)
    assert np.flatnonzero(found.swapped[2, :, 5]).tolist() == list(range(8, 18))
    assert np.flatnonzero(found.swapped[0, :, 11]).tolist() == list(range(22, N_FRAMES))
    assert not found.swapped[0, :, 5].any()
    assert not found.swapped[[1, 3]].any()
    assert np.nanmax(np.linalg.norm(found.joints_world_m - walker, axis=-1)) < 0.03


def test_a_leap_that_all_views_agree_on_is_no_truth(cameras, walker, views):
    leap = walker[20].copy()
    leap[15] = leap[13] + np.array([0.42, 0.0, 0.0])
    views[:, 20] = np.stack([camera.project(leap) for camera in cameras])
    found = reconstruct(cameras, views, trust(views), FPS)
    assert np.argwhere(np.isnan(found.joints_world_m[..., 0])).tolist() == [[20, 15]]


def test_a_turned_camera_is_put_right(cameras, walker, views):
    turned = [c.shifted(np.array([15.0, -8.0])) if i == 2 else c for i, c in enumerate(cameras)]
    found = reconstruct(turned, views, trust(views), FPS)
    root = found.joints_world_m - mid_hip(found.joints_world_m)[:, None]
    np.testing.assert_allclose(root, walker - mid_hip(walker)[:, None], atol=0.01)
    assert np.nanmedian(found.residual_px) < 1.0


def test_a_calibration_of_other_videos_is_refused(cameras, views):
    with pytest.raises(DataError, match="its own calibration"):
        reconstruct([cameras[1], cameras[0], *cameras[2:]], views, trust(views), FPS)


def test_two_cameras_cannot_check_each_other(cameras, views):
    with pytest.raises(DataError, match="three are needed"):
        reconstruct(cameras[:2], views[:2], trust(views[:2]), FPS)


def test_missing_detections_cost_only_themselves(cameras, walker, views):
    views[0, 5:8] = np.nan
    views[1, 5, 9] = np.nan
    visibility = trust(views)
    visibility[~np.isfinite(views).all(axis=-1)] = 0
    found = reconstruct(cameras, views, visibility, FPS)
    assert np.isnan(found.joints_world_m[5, 9]).all()
    assert np.isfinite(np.delete(found.joints_world_m, 5, axis=0)).all()


def test_the_report_names_every_camera(cameras, views):
    found = reconstruct(cameras, views, trust(views), FPS)
    lines = reconstruction_lines(found)
    assert [line.split(":")[0] for line in lines[:4]] == [c.name for c in cameras]
    assert "bone-length CV 0.00" in lines[-1]
    assert set(reconstruction_figures(found)["cameras"]) == {c.name for c in cameras}


def test_triangulation_cost_counts_views_that_disagree(cameras, walker, views):
    pixels = np.stack([c.undistort(v) for c, v in zip(cameras, views, strict=True)])[:, 0]
    projections = np.stack([c.projection for c in cameras])
    pixels[3, 0] += 300.0
    found = triangulate(projections, pixels, np.ones(pixels.shape[:2]), 25.0)
    assert found.cost[0] == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(found.cost[1:], 0, atol=1e-4)
    assert found.is_inlier[:, 0].tolist() == [True, True, True, False]


def test_jumps_and_impossible_bones_go(walker):
    broken = walker.copy()
    broken[20, 10] += 0.5
    assert np.isnan(clean.drop_jumps(broken, FPS)[..., 0]).sum() == 1
    longer = walker.copy()
    longer[12, 15] += (longer[12, 15] - longer[12, 13]) * 0.4
    dropped = clean.drop_wrong_bones(longer)
    assert np.argwhere(np.isnan(dropped[..., 0])).tolist() == [[12, 15]]


@pytest.fixture
def video(walker, cameras):
    landmarks = np.zeros((N_FRAMES, N_LANDMARKS, 3))
    landmarks[:, LANDMARK_TO_COCO] = 0.1
    landmarks[7] = np.nan
    pixels = np.zeros((N_FRAMES, N_LANDMARKS, 2))
    pixels[:, LANDMARK_TO_COCO] = cameras[0].project(walker)
    return DetectedVideo(
        pixels,
        landmarks,
        np.ones((N_FRAMES, N_LANDMARKS)),
        np.arange(N_FRAMES),
        np.arange(N_FRAMES) / FPS,
        (1080, 1920),
    )


def test_pairs_are_in_the_view_ray_frame_with_the_true_viewpoint(cameras, walker, video, tmp_path):
    save_pairs(tmp_path / "a.npz", pair_camera(cameras[0], video, walker, {"dataset": "test"}))
    pairs = load_pairs(tmp_path / "a.npz")
    assert len(pairs) == N_FRAMES - 1
    assert 7 not in pairs.frame_index
    assert pairs.meta["camera"] == "cam0"
    np.testing.assert_allclose(mid_hip(pairs.ground_truth), 0, atol=1e-6)
    lengths = np.linalg.norm(pairs.ground_truth[0, 5] - pairs.ground_truth[0, 7])
    assert lengths == pytest.approx(np.linalg.norm(walker[0, 5] - walker[0, 7]), abs=1e-5)
    # the person faces +x; the camera is at (4, -2, 1.5) seen from the pelvis at (0, 0, 0.9): to the right, above
    assert pairs.azimuth[0] == pytest.approx(np.rad2deg(np.arctan2(2, 4)), abs=0.5)
    assert pairs.elevation[0] == pytest.approx(np.rad2deg(np.arctan2(0.6, np.hypot(4, 2))), abs=0.1)
    np.testing.assert_allclose(np.linalg.norm(pairs.camera_relative[0]), np.linalg.norm([4, 2, 0.6]), atol=0.02)
    # the head is up: -y in the view-ray frame
    assert (pairs.ground_truth[:, 0, 1] < -0.5).all()


def test_raw_errors_are_of_the_body_in_millimetres(cameras, walker, video):
    pairs = pair_camera(cameras[0], video, walker, {})
    error, depth = raw_errors_mm(pairs)
    assert error == pytest.approx(1000 * np.linalg.norm(pairs.ground_truth[:, BODY], axis=-1).mean(), rel=1e-6)
    assert 0 < depth < error
