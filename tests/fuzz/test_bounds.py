"""What no input may do: run code, unpack without end, listen to the world. Each look at the code has a control."""

import ast
import io
import zipfile

import numpy as np
import pytest

from core.errors import DataError
from core.files import archive
from core.files.archive import load_npz
from core.settings import ROOT
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


PICKLES = ("pickle.load", "pickle.loads", "pickle.Unpickler", "dill.load", "joblib.load", "pd.read_pickle")
EVALUATORS = ("eval", "exec", "compile", "os.system", "os.popen", "subprocess.getoutput", "yaml.load")


def calls(text):
    """Yield (name of what is called, its keywords) for every call in a source text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {k.arg: ast.unparse(k.value) for k in node.keywords}


def dangers(text):
    """Return the calls that would run what a file or a person says."""
    found = []
    for name, keywords in calls(text):
        is_shell = keywords.get("shell", "False") != "False"
        is_pickle = name in (
            "pickle.load",
            "pickle.loads",
            "pickle.Unpickler",
            "dill.load",
            "joblib.load",
            "pd.read_pickle",
        )
        is_evaluated = name in EVALUATORS
        is_numpy = name in ("np.load", "numpy.load") and keywords.get("allow_pickle", "False") != "False"
        is_torch = name == "torch.load" and keywords.get("weights_only") != "True"
        is_unpacked = name.endswith(("extractall", ".extract")) and keywords.get("filter") is None
        if is_shell or is_pickle or is_evaluated or is_numpy or is_torch or is_unpacked:
            found.append(name)
    return found


def test_the_code_neither_unpickles_nor_evaluates_nor_asks_a_shell():
    for bad in (
        "eval(x)", "pickle.load(f)", "np.load(p, allow_pickle=True)", "torch.load(p)", "subprocess.run(x, shell=True)",
        "archive.extractall(p)", "os.system(x)",
    ):  # fmt: skip
        assert dangers(bad), bad
    assert not dangers("np.load(p, allow_pickle=False)\ntorch.load(p, weights_only=True)\nmodel.eval()\napp.exec()")
    for path in FILES:
        assert not dangers(path.read_text(encoding="utf-8")), path


def test_listeners_are_on_the_loopback():
    """An address that everybody can reach may be a user's choice, never a default."""
    everywhere = ('"0.0.0.0"', "'0.0.0.0'", '"::"', "INADDR_ANY", 'bind(("",', "create_server((''", 'create_server((""')
    assert any(word in 'socket.create_server(("", 80))' for word in everywhere)  # control
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in everywhere), path
