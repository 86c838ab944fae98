"""Captions of one file of poses."""

import numpy as np
import pytest

from posecap.describe import Options, describe_file
from posecap.errors import InputError


def test_bad_definitions_are_told_without_the_name_of_the_poses(tmp_path):
    np.save(tmp_path / "poses.npy", np.random.default_rng(0).normal(size=(2, 17, 3)))
    (tmp_path / "own.yaml").write_text("name: own")
    with pytest.raises(InputError, match=r"own\.yaml: description") as told:
        describe_file(tmp_path / "poses.npy", Options(definitions=str(tmp_path / "own.yaml")))
    assert "poses.npy" not in str(told.value)
