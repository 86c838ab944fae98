"""Plain pose files as a data set."""

from __future__ import annotations

import numpy as np
import pytest

from posecap.demo import make_motion
from posecap.errors import InputError
from posecap.readers import open_dataset
from posecap.skeletons import load_skeleton


@pytest.fixture(scope="module")
def joints():
    return make_motion("D1", "talking", seconds=0.5).joints


def test_arrays_and_tables_are_sequences_with_cameras(joints, tmp_path):
    names = load_skeleton("h36m17").joints
    header = ",".join(f"{name}_{axis}" for name in names for axis in "xyz")
    (tmp_path / "anna").mkdir()
    np.save(tmp_path / "anna" / "handstand_2.npy", joints)
    np.savetxt(tmp_path / "b.csv", joints.reshape(len(joints), -1), delimiter=",", header=header, comments="")
    np.savez(tmp_path / "c.npz", joints=joints)
    dataset = open_dataset("poses", tmp_path, fps=25)
    assert dataset.keys() == ["anna/handstand_2", "b", "c"]
    for sequence in map(dataset.read, dataset.keys()):
        assert np.allclose(sequence.joints, joints, atol=1e-5)
        assert sequence.fps == 25.0
        assert len(sequence.cameras) == 4
        assert dataset.num_frames(sequence.key) == len(joints)
    first = dataset.read("anna/handstand_2")
    assert (first.subject, first.action) == ("anna", "handstand")


def test_axes_and_units_can_be_given(joints, tmp_path):
    np.save(tmp_path / "a.npy", np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1) * 1000)
    sequence = open_dataset("poses", tmp_path, up="y", scale=0.001).read("a")
    assert np.allclose(sequence.joints, joints, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"skeleton": "smpl22"}, "has 17 joints, but skeleton smpl22 has 22"),
        ({"up": "w"}, "up is 'w'"),
        ({"fps": 0}, "fps"),
        ({"keypoints": ("cpn",)}, "gt, sim"),
        ({"projection": "fisheye"}, "perspective"),
        ({"cameras": 0}, "1 to 64"),
    ],
)
def test_bad_options_are_told(joints, options, message, tmp_path):
    np.save(tmp_path / "a.npy", joints)
    with pytest.raises(InputError, match=message):
        open_dataset("poses", tmp_path, **options).read("a")


def test_two_files_for_one_key_are_told(joints, tmp_path):
    np.save(tmp_path / "a.npy", joints)
    np.savez(tmp_path / "a.npz", joints=joints)
    with pytest.raises(InputError, match="two files for the sequence a"):
        open_dataset("poses", tmp_path)
