"""Dataset manifests: every shipped one is whole, and what lies under a root is told."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from posecap.datasets import (
    FoundFile,
    WantedFile,
    checksum,
    dataset_names,
    find_files,
    load_dataset_manifest,
)
from posecap.errors import InputError
from posecap.readers import READERS
from posecap.skeletons import load_skeleton
from tests.fixtures.h36m_files import write_h36m


@pytest.mark.parametrize("name", dataset_names())
def test_every_shipped_manifest_names_itself_a_reader_and_a_skeleton(name: str):
    manifest = load_dataset_manifest(name)
    assert manifest.name == name
    assert manifest.reader in READERS
    load_skeleton(manifest.skeleton)


def test_human36m_has_four_rigid_cameras_for_each_of_seven_subjects():
    manifest = load_dataset_manifest("h36m")
    assert manifest.splits == {"train": ("S1", "S5", "S6", "S7", "S8"), "test": ("S9", "S11")}
    for subject in [subject for members in manifest.splits.values() for subject in members]:
        for camera in manifest.subject_cameras(subject):
            np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-12)
            assert np.linalg.det(camera.rotation) > 0
            assert 1.4 < camera.position[2] < 1.7
            assert 3 < np.linalg.norm(camera.position) < 6


def test_a_subject_without_cameras_is_named():
    with pytest.raises(InputError, match=r"no cameras of subject S2 .*those of S1, S5"):
        load_dataset_manifest("h36m").subject_cameras("S2")


def test_what_is_found_and_missing_is_told(tmp_path: Path):
    write_h36m(tmp_path, num_frames=2)
    (tmp_path / "data_3d_h36m.npz").unlink()
    found = {file.wanted.pattern: file for file in find_files(load_dataset_manifest("h36m"), tmp_path)}
    assert found["data_3d_h36m.npz"].status == "missing"
    assert found["data_2d_h36m_*.npz"].found == ("data_2d_h36m_gt.npz", "data_2d_h36m_noisy.npz")
    assert found["data_2d_h36m_*_conf.npz"].status == "found"
    (tmp_path / "data_2d_h36m_noisy_conf.npz").unlink()
    assert find_files(load_dataset_manifest("h36m"), tmp_path)[2].status == "not there"


def test_files_of_another_way_are_not_missing_where_one_way_is_whole(tmp_path: Path):
    manifest = load_dataset_manifest("h36m")
    assert {file.status for file in find_files(manifest, tmp_path)} == {"missing", "not there"}
    write_h36m(tmp_path, num_frames=2)
    assert "missing" not in {file.status for file in find_files(manifest, tmp_path)}


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="no such folder"):
        find_files(load_dataset_manifest("h36m"), tmp_path / "none")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("splits: {train: [a], test: [a]}", "in two splits"),
        ("fps: -1", "fps"),
        ("colour: red", "colour"),
        ("cameras: []\nextrinsics: {S1: [{orientation: [1, 0, 0, 0], position: [0, 0, 0]}]}", "one a camera"),
    ],
)
def test_a_users_manifest_is_checked(tmp_path: Path, change: str, words: str):
    path = tmp_path / "mine.yaml"
    base = "name: mine\ntitle: t\ndescription: d\nreader: h36m\nlicence: l\nobtain: o\nskeleton: h36m17\n"
    path.write_text(base + change)
    with pytest.raises(InputError, match=rf"mine\.yaml.*{words}"):
        load_dataset_manifest(str(path))


@pytest.mark.parametrize(
    ("sha256", "expected"),
    [
        (None, "none known"),
        ("sum of a", "as published"),
        ("0" * 64, "differs from the published: a.npz"),
        ({"a.npz": "sum of a"}, "as published"),
        ({"b.npz": "0" * 64}, "none known"),
    ],
)
def test_a_known_checksum_is_compared_with_the_file(tmp_path, sha256, expected):
    (tmp_path / "a.npz").write_bytes(b"a")
    right = hashlib.sha256(b"a").hexdigest()
    if isinstance(sha256, dict):
        sha256 = {name: value.replace("sum of a", right) for name, value in sha256.items()}
    elif sha256:
        sha256 = sha256.replace("sum of a", right)
    wanted = WantedFile(pattern="*.npz", holds="poses", sha256=sha256)
    assert checksum(FoundFile(wanted, ("a.npz",)), tmp_path) == expected
    assert checksum(FoundFile(wanted, ()), tmp_path) == ""


def test_some_of_several_files_may_be_known(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    wanted = WantedFile(pattern="*", holds="poses", sha256={"a": hashlib.sha256(b"a").hexdigest()})
    assert checksum(FoundFile(wanted, ("a", "b")), tmp_path) == "as published (1 known)"
    with pytest.raises(ValueError, match="sha256"):
        WantedFile(pattern="*", holds="poses", sha256="abc")
