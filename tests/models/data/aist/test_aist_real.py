"""The real annotations of four dances, where they are at hand (CC BY 4.0, not part of this project)."""

import numpy as np
import pytest

from core.pose.metrics import bone_cv, bone_lengths
from core.system.files.program import ROOT
from models.data.aist.annotations import load_camera, load_joints
from models.data.aist.layout import VIEWS, Annotations
from models.data.aist.unpickle import load_arrays

FOLDER = ROOT.parent / "shared" / "data" / "aist_annotations"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the annotations are not here")


def test_everything_in_them_is_read():
    lists = Annotations.load(FOLDER)
    assert len(lists.settings) == 1408
    assert len(lists.notes) == 2
    pickles = sorted(FOLDER.glob("*/*.pkl"))
    assert len(pickles) == 12
    for path in pickles:
        content = load_arrays(path)
        assert all(isinstance(value, np.ndarray | np.generic | float) for value in content.values()), path


def test_projected_truth_is_where_the_detector_saw_it():
    lists = Annotations.load(FOLDER)
    for path in sorted((FOLDER / "keypoints3d").glob("*.pkl")):
        joints = load_joints(path)
        assert np.nanmean(bone_cv(bone_lengths(joints))) < 0.05
        seen = load_arrays(FOLDER / "keypoints2d" / path.name)["keypoints2d"]
        for number, view in enumerate(VIEWS):
            camera = load_camera(lists.setting_path(path.stem), view)
            error = np.linalg.norm(camera.project(joints[::20]) - seen[number, ::20, :, :2], axis=-1)
            assert np.nanmedian(error) < 15, (path.stem, view)
