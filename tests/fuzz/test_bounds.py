"""What no input may do: run code, unpack without end, listen to the world. Each look at the code has a control."""

import io
import re
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from core.errors import DataError
from core.system.files import archive
from core.system.files.archive import load_npz
from core.system.files.program import ROOT
from models.data.calibration.files import read_calibration

FILES = [path for folder in ("app", "core", "models") for path in sorted((ROOT / folder).rglob("*.py"))]


def bomb(path, n_bytes):
    """Write an NPZ whose only array unpacks to n bytes of zeros."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (n_bytes,)})
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as members,
        members.open("a.npy", "w") as out,
    ):
        out.write(header.getvalue())
        for _ in range(n_bytes >> 20):
            out.write(bytes(1 << 20))


def test_an_archive_that_unpacks_to_more_than_there_is_is_refused_unread(tmp_path, monkeypatch):
    bomb(tmp_path / "a.npz", 32 << 20)
    assert (tmp_path / "a.npz").stat().st_size < 1 << 20
    assert load_npz(tmp_path / "a.npz", "a file", "stop")["a"].size == 32 << 20  # control
    monkeypatch.setattr(archive, "LARGEST_BYTES", 16 << 20)
    monkeypatch.setattr(archive.np, "load", lambda *_, **__: pytest.fail("it was read"))
    with pytest.raises(DataError, match="unpacked"):
        load_npz(tmp_path / "a.npz", "a file", "stop")


def test_an_array_that_claims_an_absurd_size_is_refused(tmp_path):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": (1 << 60,)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as members:
        members.writestr("a.npy", header.getvalue())
    with pytest.raises(DataError, match="is not a file"):
        load_npz(tmp_path / "a.npz", "a file", "stop")


def test_xml_with_entities_is_refused(tmp_path):
    path = tmp_path / "a.qca.txt"
    path.write_text('<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]><calibration>&c;</calibration>')
    with pytest.raises(DataError, match="document type"):
        read_calibration(path)


DANGERS = [
    "eval(x)", "exec(x)", "pickle.load(x)", "pickle.Unpickler(x)", "pandas.read_pickle(x)", "yaml.load(x)",
    "subprocess.run(x, shell=True)", "os.system(x)", "tarfile.open(x).extractall(y)",
]  # fmt: skip


@pytest.mark.parametrize("package", ["app", "core", "models"])
def test_the_code_neither_unpickles_nor_evaluates_nor_asks_a_shell(package):
    """`make lint` refuses what would run what a file or a person says: each of these lines, and no other."""
    text = "import os, pickle, subprocess, tarfile\nimport pandas, yaml\n" + "\n".join([*DANGERS, "model.eval()", ""])
    command = [sys.executable, "-m", "ruff", "check", "--select", "S", "--output-format", "concise"]
    command += ["--stdin-filename", f"{package}/x.py", "-"]
    said = subprocess.run(command, cwd=ROOT, input=text, text=True, capture_output=True, check=False).stdout
    assert {int(line.split(":")[1]) for line in said.splitlines() if ".py:" in line} == set(range(3, 3 + len(DANGERS)))


def test_nothing_is_told_to_unpickle_after_all():
    """What ruff does not know: numpy and torch do it where they are asked to."""
    asks = re.compile(r"allow_pickle\s*=\s*(?!False)|weights_only\s*=\s*(?!True)|torch\.load\((?!.*weights_only)")
    for bad in ("np.load(p, allow_pickle=True)", "torch.load(p)", "torch.load(p, weights_only=False)"):
        assert asks.search(bad), bad
    for path in FILES:
        assert not asks.search(path.read_text(encoding="utf-8")), path


def test_listeners_are_on_the_loopback():
    """An address that everybody can reach may be a user's choice, never a default."""
    everywhere = ('"0.0.0.0"', "'0.0.0.0'", '"::"', "INADDR_ANY", 'bind(("",', "create_server((''", 'create_server((""')
    assert any(word in 'socket.create_server(("", 80))' for word in everywhere)  # control
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in everywhere), path
