"""Annotations come from the network: nothing in them may run."""

import contextlib
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from models.data.aist.unpickle import load_arrays

COUNTED = np.arange(102.0).reshape(2, 17, 3)
ARRAYS = {
    "keypoints3d": COUNTED,
    "keypoints3d_optim": np.zeros((2, 17, 3), np.float32),
    "by columns": np.asfortranarray(COUNTED),
    "axes exchanged": COUNTED.transpose(1, 0, 2),
}


class Hostile:
    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_of_every_protocol_are_read(tmp_path, protocol):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(ARRAYS, protocol=protocol))
    read = load_arrays(path)
    for key, array in ARRAYS.items():
        np.testing.assert_array_equal(read[key], array)


def test_files_of_numpy_1_are_read(tmp_path):
    path = tmp_path / "a.pkl"
    old = pickle.dumps(ARRAYS, protocol=2).replace(b"numpy._core.", b"numpy.core.")
    assert b"numpy.core.multiarray" in old
    path.write_bytes(old)
    np.testing.assert_array_equal(load_arrays(path)["keypoints3d"], ARRAYS["keypoints3d"])


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("place", [lambda x: x, lambda x: {"keypoints3d": x}, lambda x: {"k": np.array([x], object)}])
def test_a_hostile_pickle_is_refused_before_it_runs(tmp_path, protocol, place):
    import os

    victim = tmp_path / "victim"
    victim.write_text("precious")
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(place(Hostile(os.unlink, str(victim))), protocol=protocol))
    with pytest.raises(DataError, match=r"a\.pkl is refused: it asks for '(posix|nt)\.unlink'"):
        load_arrays(path)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("builtins", "eval"), ("builtins", "getattr"), ("numpy", "load"), ("numpy", "memmap"),
        ("numpy.core", "numeric"),
        ("numpy.testing._private.utils", "runstring"), ("os", "system"), ("models.data.aist.video", "convert_video"),
    ],
)  # fmt: skip
def test_only_what_makes_arrays_may_be_asked_for(tmp_path, module, name):
    path = tmp_path / "a.pkl"
    path.write_bytes(f"c{module}\n{name}\n.".encode())
    with pytest.raises(DataError, match="is refused"):
        load_arrays(path)


def test_what_is_no_dictionary_or_no_pickle_is_said_so(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DataError, match="no dictionary"):
        load_arrays(path)
    path.write_bytes(pickle.dumps(ARRAYS)[:-40])
    with pytest.raises(DataError, match="not a readable annotation"):
        load_arrays(path)
    with pytest.raises(DataError, match="There is no annotation"):
        load_arrays(tmp_path / "gone.pkl")


@given(st.data())
def test_damage_never_raises_anything_else(tmp_path_factory, data):
    content = bytearray(pickle.dumps(ARRAYS, protocol=data.draw(st.sampled_from([0, 2, 5]))))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "fuzz.pkl"
    path.write_bytes(content)
    with contextlib.suppress(DataError):
        assert isinstance(load_arrays(path), dict)
