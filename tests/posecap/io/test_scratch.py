"""Large arrays of a pickle in a scratch file: the same arrays, not held in memory."""

from __future__ import annotations

import io
import multiprocessing
import pickle
import struct
import tempfile
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posecap.errors import InputError
from posecap.io import Scratch, StoredArray, read_npz
from posecap.io.pickles import unpickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
LARGE = np.arange(60_000, dtype="f4").reshape(1000, 20, 3)


def load(content: object, protocol: int = 4):
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    return unpickle(io.BytesIO(data), len(data), "a.pkl", Scratch())


@pytest.mark.parametrize("protocol", [1, 2, 3, 4, 5])
def test_large_arrays_are_stored_and_small_ones_are_not(protocol: int):
    found = load({"large": LARGE, "small": np.arange(3), "again": LARGE}, protocol)
    assert isinstance(found["large"], StoredArray)
    assert (found["large"].shape, found["large"].dtype, found["large"].ndim) == (
        (1000, 20, 3),
        LARGE.dtype,
        3,
    )
    np.testing.assert_array_equal(np.asarray(found["large"]), LARGE)
    assert isinstance(found["small"], np.ndarray)
    assert found["again"] is found["large"]


@settings(max_examples=50)
@given(
    hnp.arrays(
        hnp.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufc"),
        hnp.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=4),
    ),
    st.sampled_from(PROTOCOLS),
    st.booleans(),
)
def test_any_plain_array_comes_back_equal(array: np.ndarray, protocol: int, is_fortran: bool):
    array = np.asfortranarray(array) if is_fortran else array
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("posecap.io.pickles.LARGE", 40)
        patch.setattr("posecap.io.scratch.LARGE", 40)
        (found,) = load([array], protocol)
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(np.asarray(found), array)


def test_parts_of_a_stored_array_are_those_rows():
    (found,) = load([LARGE])
    np.testing.assert_array_equal(np.asarray(found[7]), LARGE[7])
    np.testing.assert_array_equal(np.asarray(found[-3:]), LARGE[-3:])
    np.testing.assert_array_equal(np.asarray(found[10:30][5:9]), LARGE[15:19])
    assert found[:5000].shape == LARGE.shape
    assert len(list(found)) == 1000
    assert np.asarray(found[3:3]).shape == (0, 20, 3)


def test_long_texts_and_bytes_stay_what_they_are():
    content = {"text": "æ" * 100_000, "other": "\u0416" * 100_000, "bytes": b"\xff" * 100_000}
    assert load(content) == content
    as_python_2 = b"T" + struct.pack("<i", 100_000) + b"x" * 100_000 + b"."
    assert load(as_python_2) == "x" * 100_000


def test_memory_holds_neither_what_is_stored_nor_its_pickle(tmp_path):
    tree = {f"S{index}": np.random.default_rng(index).random(250_000) for index in range(20)}
    np.savez(tmp_path / "a.npz", tree=np.array(tree, dtype=object))
    size = sum(array.nbytes for array in tree.values())
    del tree
    tracemalloc.start()
    found = read_npz(tmp_path / "a.npz", scratch=Scratch())["tree"]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) == 20
    assert peak < size / 4


def _sum(array: StoredArray) -> float:
    return float(np.asarray(array).sum())


SHARED: list[StoredArray] = []


def _sum_of(index: int) -> float:
    return _sum(SHARED[index])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes do not fork")
def test_forked_processes_read_at_once_without_disturbing_each_other():
    arrays = [np.full((50, 1000), index, "f8") for index in range(20)]
    SHARED[:] = load(arrays)
    with multiprocessing.get_context("fork").Pool(4) as pool:
        assert pool.map(_sum_of, list(range(20)) * 5, 1) == [index * 50_000.0 for index in range(20)] * 5


ARRAY = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
FLOATS = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4I0\nI1\ntR"
BYTES = b"B" + struct.pack("<I", 100_000) + b"x" * 100_000


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x8e" + struct.pack("<Q", 10**15) + b"abc.", id="a petabyte declared"),
        pytest.param(b"B" + struct.pack("<I", 2**31) + b"abc.", id="two gigabytes declared"),
        pytest.param(ARRAY + b"(I1\n(I3\nI17\nt" + FLOATS + b"I00\n" + BYTES + b"tb.", id="another shape"),
        pytest.param(BYTES + b"}(X\x04\x00\x00\x00sizeI1000000000\nub.", id="state of what is stored"),
        pytest.param(BYTES + b"N}(X\x04\x00\x00\x00sizeI1000000000\nu\x86b.", id="slots of what is stored"),
        pytest.param(BYTES + b"I1\na.", id="append to what is stored"),
        pytest.param(BYTES + b"R.", id="call of what is stored"),
    ],
)
def test_hostile_bytes_end_in_one_clear_line(content: bytes):
    with pytest.raises(InputError, match=r"a\.pkl") as caught:
        load(content)
    assert "\n" not in str(caught.value)


def test_a_folder_without_room_is_named(monkeypatch):
    class Full:
        def write(self, data: bytes) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(InputError, match=r"No space left on device.*TMPDIR"):
        load([LARGE])
