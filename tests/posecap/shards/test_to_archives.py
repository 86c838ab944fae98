"""Archives -> shards -> archives: nothing is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.readers import open_dataset
from posecap.shards import GenerateConfig, generate, open_shards
from posecap.shards.to_archives import shards_to_archives
from tests.fixtures.h36m_files import write_h36m


def test_human36m_archives_survive_the_way_through_shards(tmp_path: Path):
    root = write_h36m(tmp_path / "root", num_frames=25)
    config = GenerateConfig("h36m", tmp_path / "shards", root, ("gt", "noisy"), encoder=None)
    generate(config)
    paths = shards_to_archives(open_shards(tmp_path / "shards"), tmp_path / "back")
    assert {path.name for path in paths} == {path.name for path in root.iterdir()}
    before, after = (open_dataset("h36m", folder, ("gt", "noisy")) for folder in (root, tmp_path / "back"))
    keys = before.keys()
    assert sorted(after.keys()) == sorted(keys)
    for key in keys:
        one, other = before.read(key), after.read(key)
        np.testing.assert_array_equal(one.joints, other.joints)
        for source, views in one.views.items():
            for camera, view in views.items():
                np.testing.assert_array_equal(view.pose_2d, other.views[source][camera].pose_2d)
                np.testing.assert_allclose(view.confidence, other.views[source][camera].confidence, atol=1e-5)
    with pytest.raises(InputError, match="holds such archives already"):
        shards_to_archives(open_shards(tmp_path / "shards"), tmp_path / "back")


def test_only_the_sources_that_are_named_are_written(tmp_path: Path):
    root = write_h36m(tmp_path / "root", num_frames=5)
    generate(GenerateConfig("h36m", tmp_path / "shards", root, ("gt", "noisy"), encoder=None))
    shards = open_shards(tmp_path / "shards")
    paths = shards_to_archives(shards, tmp_path / "back", ("gt",))
    assert [path.name for path in paths] == ["data_3d_h36m.npz", "data_2d_h36m_gt.npz"]
    with pytest.raises(InputError, match="unknown 2D source 'cpn'"):
        shards_to_archives(shards, tmp_path / "other", ("cpn",))
    assert not (tmp_path / "other").exists()


def test_archives_are_all_there_or_none(tmp_path: Path, monkeypatch):
    root = write_h36m(tmp_path / "root", num_frames=5)
    generate(GenerateConfig("h36m", tmp_path / "shards", root, ("gt",), encoder=None))
    save, calls = np.savez_compressed, []

    def full_disk(path, **arrays):
        calls.append(path)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")
        save(path, **arrays)

    monkeypatch.setattr("numpy.savez_compressed", full_disk)
    with pytest.raises(InputError, match="back: cannot be written"):
        shards_to_archives(open_shards(tmp_path / "shards"), tmp_path / "back")
    assert len(calls) == 2
    assert not list((tmp_path / "back").iterdir())
