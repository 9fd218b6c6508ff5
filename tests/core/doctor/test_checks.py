import errno
import json

import pytest

from core.doctor import checks as doctor
from core.doctor import machine as doctor_machine
from core.doctor import models as doctor_models
from core.doctor.checks import Check, State
from core.errors import ModelError
from core.refinement.onnx_session import CPU


@pytest.fixture
def only(monkeypatch):
    """Let the doctor look at some parts only."""

    def choose(module, *names):
        monkeypatch.setattr(doctor, "_PROBES", ((module, names),))

    return choose


def test_json_and_exit_code_say_whether_the_main_job_can_run(only, monkeypatch, capsys):
    only("core.doctor.machine", "python", "packages", "video_encoder")
    assert doctor.run_doctor(as_json=True) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is True
    assert {"name", "state", "found", "advice"} == set(document["checks"][0])
    monkeypatch.setattr(doctor_machine, "python", lambda: [Check("Python", State.MISSING, "2.7", "Use 3.11.")])
    assert doctor.run_doctor(as_json=False) == 1
    assert "→ Use 3.11." in capsys.readouterr().out


def test_a_part_that_cannot_be_imported_is_told_not_thrown(only, monkeypatch):
    def broken():
        raise ImportError("libGL.so.1: cannot open shared object file")

    only("core.doctor.machine", "cameras", "python")
    monkeypatch.setattr(doctor_machine, "cameras", broken)
    first, second = doctor.examine()
    assert (first.state, second.state) == (State.MISSING, State.OK)
    assert "libGL.so.1" in first.found


def test_a_missing_package_is_found(monkeypatch):
    monkeypatch.setattr(doctor_machine, "version_of", lambda name: None if name == "av" else "1.0")
    states = {check.name: check for check in doctor_machine.packages()}
    assert states["packages"].state is State.MISSING
    assert "av missing" in states["packages"].found
    assert states["OpenCV"].state is State.NOTE


def test_providers_are_those_of_a_real_session():
    (check,) = doctor_models.providers()
    assert CPU in check.found


def test_a_refiner_is_loaded_and_tried(tiny_refiner_path):
    assert doctor_models.refiner(tiny_refiner_path)[0].state is State.OK
    tiny_refiner_path.write_bytes(b"damaged")
    (check,) = doctor_models.refiner(tiny_refiner_path)
    assert check.state is State.MISSING
    assert "damaged" in check.found


def test_without_a_model_what_would_fetch_and_keep_it_is_tried(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_models, "pose_model_path", lambda variant: tmp_path / "cache" / f"{variant}.task")
    monkeypatch.setattr(doctor_models, "_index_answers", lambda: False)
    (check,) = doctor_models.pose_models()
    assert (check.state, "package index does not answer" in check.found) == (State.MISSING, True)

    def read_only(**_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(doctor_models.tempfile, "TemporaryFile", read_only)
    (check,) = doctor_models.pose_models()
    assert check.state is State.MISSING
    assert check.found == f"none, and {tmp_path} cannot be written: Read-only file system"


def test_a_damaged_pose_model_is_found_and_an_absent_one_is_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor_models, "pose_model_path", lambda variant: tmp_path / f"{variant}.task")
    monkeypatch.setattr(doctor_models, "_index_answers", lambda: True)
    (check,) = doctor_models.pose_models()
    assert check.state is State.NOTE
    assert "fetched with pip when first needed" in check.advice
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "full.task").write_bytes(b"x")

    def damaged(variant):
        raise ModelError("The cached pose model is damaged; delete that file.")

    monkeypatch.setattr(doctor_models, "load_pose_model", damaged)
    (check,) = doctor_models.pose_models()
    assert check.state is State.MISSING
    assert "delete that file" in check.advice


def test_a_qt_that_does_not_start_is_a_note(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "nonsense")
    (check,) = doctor_machine.window()
    assert check.state is State.NOTE
    assert "nonsense" in check.found
