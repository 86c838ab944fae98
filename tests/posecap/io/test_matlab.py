"""MATLAB files: equal to SciPy's reading, and bad ones end in one line without great allocations."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import savemat

from posecap.errors import InputError
from posecap.io.matlab import read_hdf5, read_mat


def cells(*arrays: np.ndarray) -> np.ndarray:
    made = np.empty((len(arrays), 1), dtype=object)
    made[:, 0] = arrays
    return made


@pytest.mark.parametrize("compressed", [False, True])
def test_numbers_and_cells_are_read_as_they_were_written(tmp_path: Path, compressed: bool):
    rng = np.random.default_rng(0)
    wanted = {
        "double": rng.normal(size=(5, 84)),
        "single": rng.normal(size=(2, 3, 4)).astype("f4"),
        "whole": np.arange(-3, 3, dtype="i2")[:, None],
        "small": np.array([[1]], dtype="u1"),
        "none": np.zeros((0, 3)),
    }
    content = {**wanted, "cell": cells(rng.normal(size=(3, 2)), np.ones((1, 4), "f4")), "text": "words"}
    savemat(tmp_path / "a.mat", content, do_compression=compressed)
    found = read_mat(tmp_path / "a.mat", [*wanted, "cell"])
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    for part, array in zip(found["cell"], content["cell"][:, 0], strict=True):
        np.testing.assert_array_equal(part, array)
    assert list(read_mat(tmp_path / "a.mat", ["whole"])) == ["whole"]


def test_a_missing_variable_or_one_of_text_is_named(tmp_path: Path):
    savemat(tmp_path / "a.mat", {"text": "words"})
    with pytest.raises(InputError, match=r"a\.mat: has no variable 'other'"):
        read_mat(tmp_path / "a.mat", ["other"])
    with pytest.raises(InputError, match="'text' holds neither numbers nor cells"):
        read_mat(tmp_path / "a.mat", ["text"])


@pytest.mark.parametrize("compressed", [False, True])
def test_no_change_of_a_byte_makes_it_allocate_much_or_fail_unclearly(tmp_path: Path, compressed: bool):
    path = tmp_path / "a.mat"
    savemat(path, {"cell": cells(np.ones((3, 2)))}, do_compression=compressed)
    data = path.read_bytes()
    tracemalloc.start()
    for place in range(124, len(data)):
        for value in (0, 0x7F, 0xFF):
            path.write_bytes(data[:place] + bytes([value]) + data[place + 1 :])
            try:
                read_mat(path, ["cell"])
            except InputError as error:
                assert "a.mat" in str(error)  # noqa: PT017 - most changes are refused, some do no harm
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_variable_that_unpacks_beyond_the_limit_is_refused(tmp_path: Path):
    savemat(tmp_path / "a.mat", {"x": np.zeros((1000, 1000))}, do_compression=True)
    with pytest.raises(InputError, match=r"more than 1\.0 MB"):
        read_mat(tmp_path / "a.mat", ["x"], max_bytes=1_000_000)


def test_data_sets_of_hdf5_are_read_and_bad_ones_named(tmp_path: Path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(6).reshape(2, 3)
        file["text"] = "words"
        file.create_group("group")
        file.create_dataset("huge", shape=(10**9, 17, 3), chunks=(1, 17, 3), dtype="f8")
    np.testing.assert_array_equal(read_hdf5(tmp_path / "a.h5", ["x"])["x"], [[0, 1, 2], [3, 4, 5]])
    for name, words in (
        ("none", "has no data set 'none'"),
        ("group", "has no data set 'group'"),
        ("text", "expected numbers"),
        ("huge", r"huge declares 408\.0 GB"),
    ):
        with pytest.raises(InputError, match=words):
            read_hdf5(tmp_path / "a.h5", [name])
    (tmp_path / "b.h5").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"b\.h5: not a readable HDF5 file"):
        read_hdf5(tmp_path / "b.h5", ["x"])
