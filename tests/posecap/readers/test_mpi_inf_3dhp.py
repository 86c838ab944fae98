"""MPI-INF-3DHP from P-STMO's archives and from the original annotations, as the tests write them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from posecap.cameras import camera_to_world, fit_rigid, project, world_to_camera
from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.readers import open_dataset
from posecap.readers.mpi_inf_3dhp_files import FROM_28, TO_H36M
from tests.fixtures.h36m_files import save_tree
from tests.fixtures.mpi_inf_3dhp_files import SCALE, write_annotations, write_archives


@pytest.fixture(scope="module")
def archives(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("archives")
    motions = write_archives(folder)
    write_archives(folder, universal=True)
    return folder, motions


@pytest.fixture(scope="module")
def annotations(tmp_path_factory) -> tuple[Path, dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("annotations")
    return folder, write_annotations(folder)


def test_both_joint_orders_are_permutations_of_17():
    assert sorted(TO_H36M) == list(range(17))
    assert len(set(FROM_28)) == 17


def test_the_archives_give_world_poses_of_every_sequence(archives):
    folder, motions = archives
    data = open_dataset("mpi_inf_3dhp", folder)
    assert data.keys() == ["S1/Seq1", "S1/Seq2", "TS1", "TS5"]
    for key in ("S1/Seq1", "S1/Seq2"):
        sequence = data.read(key)
        np.testing.assert_allclose(sequence.joints, motions[key], atol=1e-5)
        assert data.num_frames(key) == sequence.num_frames == 12
    assert (data.read("S1/Seq1").fps, data.read("S1/Seq2").fps) == (25, 50)
    sequence = data.read("S1/Seq1")
    assert (sequence.subject, sequence.action, sequence.split, sequence.up) == ("S1", "Seq1", "train", "z")


def test_eight_cameras_see_the_2d_that_is_stored(archives):
    sequence = open_dataset("mpi_inf_3dhp", archives[0]).read("S1/Seq1")
    assert [camera.name for camera in sequence.cameras] == ["0", "1", "2", "4", "5", "6", "7", "8"]
    for camera in sequence.cameras:
        pixels = project(world_to_camera(sequence.joints.astype(np.float64), camera), camera)
        np.testing.assert_allclose(pixels, sequence.views["gt"][camera.name].pose_2d, atol=0.02)


def test_valid_frames_are_told_and_an_invalid_nan_frame_holds_the_pose_before(archives):
    folder, motions = archives
    sequence = open_dataset("mpi_inf_3dhp", folder, variant="true_scale").read("TS1")
    assert np.flatnonzero(~sequence.valid).tolist() == [2, 5]
    assert sequence.split == "test"
    np.testing.assert_array_equal(sequence.joints[2], sequence.joints[1])
    kept = [frame for frame in range(12) if frame != 2]
    np.testing.assert_allclose(sequence.joints[kept], motions["TS1"][kept], atol=1e-5)


def test_the_universal_skeleton_is_another_variant(archives):
    folder, motions = archives
    sequence = open_dataset("mpi_inf_3dhp", folder, variant="universal").read("S1/Seq1")
    true = motions["S1/Seq1"]
    np.testing.assert_allclose(
        sequence.joints - sequence.joints[:, :1], (true - true[:, :1]) * SCALE, atol=1e-5
    )
    for camera in sequence.cameras:
        pixels = project(world_to_camera(sequence.joints.astype(np.float64), camera), camera)
        np.testing.assert_allclose(pixels, sequence.views["gt"][camera.name].pose_2d, atol=0.05)


def test_a_camera_without_a_published_place_is_asked_for_or_taken_as_level(archives):
    folder, motions = archives
    with pytest.raises(InputError, match=r"TS5: where up is .* --option up=camera"):
        open_dataset("mpi_inf_3dhp", folder).read("TS5")
    sequence = open_dataset("mpi_inf_3dhp", folder, up="camera").read("TS5")
    assert "level" in sequence.source
    (camera,) = sequence.cameras
    assert (camera.width, camera.height) == (1920, 1080)
    np.testing.assert_allclose(world_to_camera(sequence.joints, camera), motions["TS5"], atol=1e-5)
    head, ankle = sequence.joints[:, 10, 2], sequence.joints[:, 3, 2]
    assert (head > ankle + 1).all()
    assert "level" not in open_dataset("mpi_inf_3dhp", folder, up="camera").read("TS1").source


def test_the_original_annotations_give_the_same_poses(annotations):
    folder, motions = annotations
    data = open_dataset("mpi_inf_3dhp", folder)
    assert data.keys() == ["S2/Seq1", "TS1"]
    for key, motion in motions.items():
        sequence = data.read(key)
        np.testing.assert_allclose(sequence.joints, motion, atol=1e-5)
        assert data.num_frames(key) == 12
    assert len(data.read("S2/Seq1").cameras) == 8
    universal = open_dataset("mpi_inf_3dhp", folder, variant="universal").read("TS1").joints
    assert np.linalg.norm(universal[0, 10] - universal[0, 3]) == pytest.approx(
        SCALE * np.linalg.norm(motions["TS1"][0, 10] - motions["TS1"][0, 3]), rel=1e-4
    )


def test_sequences_are_cut_where_the_archives_cut_them():
    facts = load_dataset_manifest("mpi_inf_3dhp").recordings
    assert (facts["S1/Seq1"].num_frames, facts["S8/Seq2"].num_frames) == (6416, 6054)
    assert {key for key, fact in facts.items() if fact.fps == 50} == {
        "S1/Seq2",
        "S3/Seq1",
        "S3/Seq2",
        "S5/Seq1",
        "S5/Seq2",
    }


def test_published_cameras_stand_around_the_studio_and_look_into_it():
    for camera in load_dataset_manifest("mpi_inf_3dhp").subject_cameras("S1"):
        np.testing.assert_allclose(camera.rotation @ camera.rotation.T, np.eye(3), atol=1e-6)
        assert 2 < np.linalg.norm(camera.position) < 6
        assert world_to_camera(np.array([0, 0, 1.0]), camera)[2] > 1.5


def test_without_2d_there_are_no_views(archives):
    assert open_dataset("mpi_inf_3dhp", archives[0], keypoints=()).read("S1/Seq1").views == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variant": "universel"}, "unknown variant 'universel': did you mean universal"),
        ({"up": "z"}, "unknown up"),
        ({"keypoints": ("cpn",)}, "unknown 2D source 'cpn'"),
    ],
)
def test_unknown_options_come_with_the_known_ones(archives, options: dict, words: str):
    with pytest.raises(InputError, match=words):
        open_dataset("mpi_inf_3dhp", archives[0], **options)


def test_a_folder_without_any_of_its_files_is_told_which(tmp_path: Path):
    with pytest.raises(InputError, match="has none of data_train_3dhp"):
        open_dataset("mpi_inf_3dhp", tmp_path)


VIEW = {"data_2d": np.zeros((4, 17, 2)), "data_3d": np.ones((4, 17, 3))}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"S1 Seq1": 3}, r"S1 Seq1: expected \[cameras"),
        ({"S1 Seq1": [{}, 25]}, "has no cameras"),
        ({"first": [{"0": VIEW}, 25]}, "'first' is not a sequence name"),
        ({"S1 Seq1": [{"0": {"data_2d": 1}}, 25]}, "S1 Seq1: expected"),
        ({"S1 Seq1": [{"0": VIEW | {"data_3d": np.ones((4, 16, 3))}}, 25]}, r"found \(4, 16, 3\)"),
        ({"S1 Seq1": [{"0": VIEW | {"data_3d": np.ones((5, 17, 3))}}, 25]}, "arrays of 4 and 5 frames"),
        ({"S1 Seq1": [{"77": VIEW}, 25]}, "camera 77 is not known"),
        ({"S1 Seq1": [{"0": VIEW | {"data_3d": np.full((4, 17, 3), np.nan)}}, 25]}, "no frame that counts"),
        ([1, 2], "not a dictionary"),
    ],
)
def test_bad_archives_are_named(tmp_path: Path, data: object, words: str):
    save_tree(tmp_path / "data_train_3dhp.npz", data=data)
    with pytest.raises(InputError, match=words):
        read_all(tmp_path)


def read_all(root: Path) -> None:
    data = open_dataset("mpi_inf_3dhp", root)
    keys = data.keys()
    for key in keys:
        data.read(key)


def test_cameras_that_saw_different_poses_are_named(archives, tmp_path: Path):
    rng = np.random.default_rng(0)
    views = {name: VIEW | {"data_3d": rng.normal(0, 500, (4, 17, 3))} for name in ("0", "2")}
    save_tree(tmp_path / "data_train_3dhp.npz", data={"S1 Seq1": [views, 25]})
    with pytest.raises(InputError, match="cameras 0 and 2 differ by"):
        read_all(tmp_path)


def test_bad_matlab_files_are_named(tmp_path: Path):
    (tmp_path / "S1/Seq1").mkdir(parents=True)
    path = tmp_path / "S1/Seq1/annot.mat"
    path.write_bytes(b"MATLAB 5.0 nonsense")
    with pytest.raises(InputError, match=r"annot\.mat: not a readable MATLAB file"):
        read_all(tmp_path)
    savemat(path, {"annot2": np.zeros(3)})
    with pytest.raises(InputError, match=r"annot\.mat: has no variable"):
        read_all(tmp_path)
    (tmp_path / "TS1").mkdir()
    (tmp_path / "TS1/annot_data.mat").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"annot_data\.mat: not a readable HDF5 file"):
        open_dataset("mpi_inf_3dhp", tmp_path).read("TS1")


def test_a_camera_is_placed_by_what_it_saw():
    camera = load_dataset_manifest("mpi_inf_3dhp").subject_cameras("S1")[4]
    points = np.random.default_rng(0).normal(size=(3, 17, 3))
    rotation, position, error = fit_rigid(points, world_to_camera(points, camera))
    np.testing.assert_allclose(rotation, camera.rotation, atol=1e-9)
    np.testing.assert_allclose(position, camera.position, atol=1e-9)
    assert error < 1e-9
    np.testing.assert_allclose(camera_to_world(world_to_camera(points, camera), camera), points, atol=1e-9)
