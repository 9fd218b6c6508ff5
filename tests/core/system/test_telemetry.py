import json
import os
import subprocess
import sys

import pytest

from core.doctor import models as doctor_models
from core.doctor.checks import State
from core.system.telemetry import load_mediapipe, proxied, reporting, user_environment

PRINT = "import json, os; print(json.dumps(dict(os.environ)))"


def environment_of_a_child(code=PRINT, **options):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, **options)
    return json.loads(done.stdout)


def test_a_users_proxies_go_on_to_other_programs(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    load_mediapipe()
    inherited = environment_of_a_child()  # what libcurl in this process sees
    assert reporting(inherited) == []
    assert "proxy.example" not in inherited["https_proxy"]
    handed_on = environment_of_a_child(env=user_environment())
    assert handed_on["https_proxy"] == os.environ["https_proxy"] == "http://proxy.example:3128"


def test_a_worker_does_not_take_the_dead_proxy_for_the_users():
    load_mediapipe()
    assert "https_proxy" in environment_of_a_child()
    assert "https_proxy" not in environment_of_a_child(f"import core; {PRINT}")


@pytest.mark.parametrize(
    ("environment", "hosts"),
    [
        ({}, "localhost"),
        ({"no_proxy": "*"}, "localhost"),
        ({"no_proxy": "play.googleapis.com"}, "localhost"),
        ({"no_proxy": "camera.lan, .googleapis.com,COM"}, "camera.lan"),
        ({"NO_PROXY": "10.0.0.7 googleapis.com.lan"}, "10.0.0.7,googleapis.com.lan"),
        ({"no_proxy": "a.lan", "NO_PROXY": "b.lan"}, "a.lan"),
    ],
)
def test_no_exception_lets_a_report_through(environment, hosts):
    assert proxied(environment) == hosts


def test_the_doctor_says_who_may_report(monkeypatch):
    (check,) = doctor_models.reports_home()
    assert check.state is State.OK
    monkeypatch.setattr(doctor_models, "_answer", lambda code: json.dumps({"ORT_DISABLE_TELEMETRY": "0"}))
    (check,) = doctor_models.reports_home()
    assert check.state is State.NOTE
    assert "ONNX Runtime, MediaPipe" in check.found
