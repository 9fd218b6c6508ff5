"""A real video by real looks, from the file to the recording and refined again."""

import numpy as np
import pytest

from core.exporters import npz
from core.process.job import Job
from core.process.processor import Processor
from core.refinement.offline_refinement import refine_offline
from core.refinement.refiners import Refiners
from core.settings import Settings
from core.system.files.program import DEFAULT_REFINER, SAMPLE


@pytest.mark.detect
def test_a_video_is_processed_by_several_looks_and_refined_again_without_it(tmp_path):
    settings = Settings(looks="full,full-mirrored,lite")
    result = Processor(Job(tmp_path, ("npz",), settings, end_s=0.3)).process(SAMPLE)
    assert result.n_found == result.n_frames > 5
    assert result.warnings == ()
    sequence = npz.load(tmp_path / "sample.npz")
    assert sequence.looks.names == ("full", "full-mirrored", "lite")
    assert np.isfinite(sequence.looks.landmarks_m).all()
    np.testing.assert_allclose(sequence.landmarks_m, sequence.looks.landmarks_m.mean(axis=1), atol=1e-6)
    assert set(sequence.meta["settings"]["pose_models"]) == {"full", "lite"}
    again = refine_offline(sequence, Refiners.load(DEFAULT_REFINER, settings.file_looks))
    np.testing.assert_array_equal(again.joints_m, sequence.joints_m)
    one = refine_offline(sequence, Refiners.load(DEFAULT_REFINER, settings.file_looks[:1]))
    assert one.meta["swapped_frames"] == again.meta["swapped_frames"] == 0
