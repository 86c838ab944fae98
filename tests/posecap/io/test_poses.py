"""One file of poses: what is accepted, and what is said of the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.io import read_poses

POSES = np.arange(5 * 17 * 3, dtype=np.float64).reshape(5, 17, 3)


def test_poses_come_from_npy_and_from_npz_under_any_single_or_usual_name(tmp_path: Path):
    np.save(tmp_path / "a.npy", POSES)
    np.savez(tmp_path / "one.npz", whatever=POSES)
    np.savez(tmp_path / "two.npz", fps=np.array(50), joints=POSES)
    for name in ("a.npy", "one.npz", "two.npz"):
        found = read_poses(tmp_path / name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, POSES)


def test_one_pose_is_one_frame(tmp_path: Path):
    np.save(tmp_path / "a.npy", POSES[0])
    assert read_poses(tmp_path / "a.npy").shape == (1, 17, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 17, 2)), r"found \(5, 17, 2\)"),
        (np.zeros((0, 17, 3)), r"found \(0, 17, 3\)"),
        (np.array(["a"]), "array of numbers"),
        (np.zeros((2, 5, 17, 3)), "found"),
        (np.array(1.0), "found"),
    ],
)
def test_what_is_not_poses_is_told_by_its_shape(tmp_path: Path, array: np.ndarray, words: str):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=words):
        read_poses(tmp_path / "a.npy")


def test_several_arrays_of_unusual_names_are_listed(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=POSES, y=POSES)
    with pytest.raises(InputError, match="several arrays"):
        read_poses(tmp_path / "a.npz")


def test_another_kind_of_file_is_told_what_is_wanted(tmp_path: Path):
    with pytest.raises(InputError, match=r"expected a \.npy or \.npz"):
        read_poses(tmp_path / "a.txt")
