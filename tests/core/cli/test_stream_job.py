import json
import socket
import threading

import pytest
import typer
from typer.testing import CliRunner

from core.cli.stream import register
from core.cli.stream_job import StreamJob, run_stream
from core.detection.bundle import PoseModel
from core.errors import OutputError, SettingsError, SourceError
from core.settings import Settings


@pytest.fixture
def known_person(monkeypatch, known_detector):
    """Make `run_stream` see a known person instead of running MediaPipe."""

    class Local(known_detector):
        def reset(self):
            pass

    monkeypatch.setattr("core.cli.stream_job.open_detector", Local)
    monkeypatch.setattr("core.cli.stream_job.look_rate", lambda looks, *_, **__: 100.0 / len(looks))
    model = PoseModel(None, "full", "0" * 64)
    monkeypatch.setattr("core.cli.stream_job.load_pose_model", lambda variant, report: model)


def test_a_file_is_streamed_to_its_end(known_person, make_video, tiny_refiner_path):
    lines, said = [], []
    is_connected = threading.Event()

    def report(line):
        said.append(line)
        if line.startswith("Listening"):
            port = int(line.rstrip(".").rpartition(":")[2])
            client = socket.create_connection(("127.0.0.1", port), timeout=60)

            def read():
                with client, client.makefile("r", encoding="utf-8") as file:
                    lines.append(file.readline())
                    is_connected.set()
                    lines.extend(file)

            reader = threading.Thread(target=read)
            reader.start()
            readers.append(reader)
            assert is_connected.wait(60)

    readers = []
    job = StreamJob(str(make_video(n=8)), ("tcp=0",), Settings(refiner=str(tiny_refiner_path)))
    stats = run_stream(job, report=report)
    for reader in readers:
        reader.join(60)
    messages = [json.loads(line) for line in lines]
    assert messages[0]["type"] == "hello"
    assert all(message["found"] for message in messages[1:])
    assert messages[-1]["frame"] == 7
    assert stats.n_frames >= 1
    assert not stats.error


def test_what_cannot_be_streamed_is_told(known_person, make_video, tiny_refiner_path):
    settings = Settings(refiner=str(tiny_refiner_path))
    with pytest.raises(SourceError, match=r"gone\.mp4"):
        run_stream(StreamJob("gone.mp4", ("vmc",), settings))
    with pytest.raises(SettingsError, match="called 'avatar'"):
        run_stream(StreamJob(str(make_video()), ("avatar",), settings))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OutputError, match="Cannot listen"):
            run_stream(StreamJob(str(make_video()), (f"ws={taken.getsockname()[1]}",), settings))


def test_the_command_says_what_to_stream(monkeypatch):
    jobs = []
    monkeypatch.setattr("core.cli.stream_job.run_stream", jobs.append)
    cli = typer.Typer()
    register(cli)
    arguments = ["0", "--to", "vmc=192.168.1.20, ws", "--calibrate", "5", "--no-learned-depth-refinement", "--loop"]
    arguments += ["--min-visibility", "0.6", "--only", "upper"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0, result.output
    assert jobs[0].source == "0"
    assert jobs[0].targets == ("vmc=192.168.1.20", "ws")
    assert jobs[0].calibrate_s == 5.0
    assert jobs[0].is_looping
    assert (jobs[0].seen.min_visibility, jobs[0].seen.only) == (0.6, "upper")
    assert not jobs[0].settings.learned_depth_refinement
