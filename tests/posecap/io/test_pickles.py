"""Pickles: arrays and plain containers are read as they are; anything else is named and refused."""

from __future__ import annotations

import collections
import datetime
import io
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posecap.errors import InputError
from posecap.io import read_pickle
from posecap.io.pickles import unpickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def write(path: Path, content: object, protocol: int = 4) -> Path:
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    path.write_bytes(data)
    return path


class Hostile:
    """A pickle of it calls a function when loaded."""

    def __init__(self, call, *args) -> None:
        self.call = call, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nested_containers_and_arrays_come_back_whole(tmp_path: Path, protocol: int):
    content = {
        "S1": {"Walking 1": [np.arange(12, dtype="f4").reshape(2, 2, 3), np.zeros((0, 17, 2))]},
        "meta": ("text", 3, 2.5, None, True, {1, 2}, b"raw"),
        "scalar": np.float64(1.5),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "names": np.array(["a", "bc"]),
        "big endian": np.arange(3, dtype=">i4"),
        "objects": np.array([np.arange(2), None, "x"], dtype=object),
        "ordered": collections.OrderedDict(a=1),
        "default": collections.defaultdict(list, b=[2]),
    }
    found = read_pickle(write(tmp_path / "a.pkl", content, protocol))
    assert list(found) == list(content)
    np.testing.assert_array_equal(found["S1"]["Walking 1"][0], content["S1"]["Walking 1"][0])
    assert found["S1"]["Walking 1"][0].dtype == np.float32
    assert found["S1"]["Walking 1"][1].shape == (0, 17, 2)
    assert found["meta"] == content["meta"]
    assert found["scalar"] == 1.5
    for name in ("fortran", "names", "big endian"):
        np.testing.assert_array_equal(found[name], content[name])
    np.testing.assert_array_equal(found["objects"][0], [0, 1])
    assert found["objects"][1:].tolist() == [None, "x"]
    assert found["ordered"] == {"a": 1}
    assert found["default"] == {"b": [2]}


@given(
    hnp.arrays(
        hnp.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufc"),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    ),
    st.sampled_from(PROTOCOLS),
)
def test_any_plain_array_comes_back_equal(array: np.ndarray, protocol: int):
    data = pickle.dumps([array], protocol)
    (found,) = unpickle(io.BytesIO(data), len(data), "memory")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


def test_an_array_shared_by_two_places_is_read_once(tmp_path: Path):
    array = np.arange(4)
    first, second = read_pickle(write(tmp_path / "a.pkl", [array, array]))
    assert first is second


def test_numpy_1_and_numpy_2_module_names_are_the_same(tmp_path: Path):
    data = pickle.dumps({"a": np.arange(3.0)}, 2)
    old, new = (
        data.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"),
        data.replace(b"numpy.core.multiarray", b"numpy._core.multiarray"),
    )
    assert old != new
    for content in (old, new):
        np.testing.assert_array_equal(read_pickle(write(tmp_path / "a.pkl", content))["a"], [0, 1, 2])


def test_a_python_2_pickle_is_read(tmp_path: Path):
    # as Python 2 wrote {'x': np.array([1, 200], dtype='u1')} with protocol 0: data in an 8-bit string
    content = (
        b"(dp0\nS'x'\np1\ncnumpy.core.multiarray\n_reconstruct\np2\n(cnumpy\nndarray\np3\n(I0\ntp4\n"
        b"S'b'\np5\ntp6\nRp7\n(I1\n(I2\ntp8\ncnumpy\ndtype\np9\n(S'u1'\np10\nI0\nI1\ntp11\nRp12\n"
        b"(I3\nS'|'\np13\nNNNI-1\nI-1\nI0\ntp14\nbI00\nS'\\x01\\xc8'\np15\ntp16\nbs."
    )
    assert read_pickle(write(tmp_path / "a.pkl", content))["x"].tolist() == [1, 200]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("hostile", "name"),
    [
        (Hostile(eval, "1/0"), "eval"),
        (Hostile(print, "owned"), "print"),
        (Hostile(getattr, "x", "upper"), "getattr"),
        (datetime.date(2020, 1, 1), "datetime.date"),
        (np.random.RandomState(0), "RandomState|randomstate"),
        (Path("x"), "Path"),
    ],
)
def test_anything_else_is_refused_by_name(tmp_path: Path, protocol: int, hostile: object, name: str):
    path = write(tmp_path / "evil.pkl", {"data": [hostile]}, protocol)
    with pytest.raises(InputError, match=name) as caught:
        read_pickle(path)
    assert "evil.pkl" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_code_runs(tmp_path: Path):
    target = tmp_path / "touched"
    path = write(tmp_path / "evil.pkl", Hostile(Path.touch, target))
    with pytest.raises(InputError):
        read_pickle(path)
    assert not target.exists()


ARRAY = b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntC\x01btR"
FLOATS = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4I0\nI1\ntR"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"no pickle at all", id="text"),
        pytest.param(
            ARRAY + b"(I1\n(I1000000000\nI17\nI3\nt" + FLOATS + b"I00\nC\x04abcdtb.", id="huge shape"
        ),
        pytest.param(ARRAY + b"(I1\n(I-1\nI-1\nt" + FLOATS + b"I00\nC\x04abcdtb.", id="negative shape"),
        pytest.param(ARRAY + b"(I1\n(I1\nt(I0\nI1\ntI00\nC\x04abcdtb.", id="a tuple as dtype"),
        pytest.param(b"\x8e" + struct.pack("<Q", 10**15) + b"abc.", id="a petabyte of bytes declared"),
        pytest.param(b"\x80\x04\x95" + struct.pack("<Q", 10**15) + b".", id="a petabyte frame"),
        pytest.param(b"B" + struct.pack("<I", 2**31) + b"abc.", id="two gigabytes declared"),
        pytest.param(b"cnumpy\nndarray\n.", id="a type"),
        pytest.param(b"cnumpy\nndarray\n(I1000000000\ntR.", id="ndarray called"),
        pytest.param(b"cnumpy\ndtype\n}(X\x03\x00\x00\x00fooI1\nub.", id="state of a type"),
        pytest.param(b"cnumpy\ndtype\n(X\x01\x00\x00\x00OI0\nI1\ntR.", id="a bare dtype"),
        pytest.param(b"]" * 200 + b"a" * 199 + b".", id="200 nested lists"),
        pytest.param(b"\x82\x01.", id="an extension"),
        pytest.param(b"Pname\n.", id="a persistent id"),
        pytest.param(b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x05\x00\x00\x00rot13tR.", id="another codec"),
    ],
)
def test_hostile_bytes_end_in_one_clear_line(tmp_path: Path, content: bytes):
    with pytest.raises(InputError, match=r"a\.pkl") as caught:
        read_pickle(write(tmp_path / "a.pkl", content))
    assert "\n" not in str(caught.value)


def test_a_memo_index_of_two_billion_costs_nothing(tmp_path: Path):
    assert read_pickle(write(tmp_path / "a.pkl", b"]r\xff\xff\xff\x7f.")) == []


def test_a_structured_dtype_with_forged_pointers_is_refused(tmp_path: Path):
    forged = pickle.dumps(np.zeros(2, dtype=[("a", "O"), ("b", "f4")]), 2)
    with pytest.raises(InputError, match=r"a\.pkl"):
        read_pickle(write(tmp_path / "a.pkl", forged))


def test_an_object_array_shorter_than_its_shape_is_refused(tmp_path: Path):
    good = pickle.dumps(np.array([1, 2], dtype=object), 0)
    bad = good.replace(b"(I2\n", b"(I9\n").replace(b"(L2L\n", b"(L9L\n")
    assert bad != good
    with pytest.raises(InputError, match="objects"):
        read_pickle(write(tmp_path / "a.pkl", bad))


def test_a_list_that_holds_itself_is_refused(tmp_path: Path):
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(InputError, match="nested"):
        read_pickle(write(tmp_path / "a.pkl", loop))


def test_lists_that_multiply_are_read_without_multiplying(tmp_path: Path):
    content: object = [1]
    for _ in range(25):
        content = [content] * 10
    found = read_pickle(write(tmp_path / "a.pkl", content))
    assert len(found) == 10
    assert found[0] is found[9]


def test_a_file_over_the_limit_is_refused(tmp_path: Path):
    path = write(tmp_path / "a.pkl", np.zeros(1000))
    with pytest.raises(InputError, match=r"limit 1\.0 kB"):
        read_pickle(path, max_bytes=1000)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"none\.pkl: no such file"):
        read_pickle(tmp_path / "none.pkl")
