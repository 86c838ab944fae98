"""The Human3.6M reader on files in VideoPose3D's layout: small ones made here, and the stand-in."""

from __future__ import annotations

import pickle
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from posecap.cameras import project, world_to_camera
from posecap.errors import InputError
from posecap.readers import open_dataset
from posecap.readers.h36m_names import action_of, camel_to_words
from tests.fixtures.h36m_files import save_tree, swinging_motion, write_h36m


@pytest.fixture(scope="module")
def pristine(tmp_path_factory) -> Path:
    return write_h36m(tmp_path_factory.mktemp("h36m"), num_frames=12)


@pytest.fixture
def root(pristine: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return shutil.copytree(pristine, tmp_path / "h36m")


def load_tree(path: Path, name: str) -> dict:
    return np.load(path, allow_pickle=True)[name].item()


def test_a_sequence_has_poses_cameras_views_and_labels(pristine: Path):
    data = open_dataset("h36m", pristine, ["gt", "noisy"])
    keys = data.keys()
    assert keys == ["S1/Walking", "S1/Sitting 1", "S9/Walking", "S9/Sitting 1"]
    assert [data.num_frames(key) for key in keys] == [12] * 4
    sequence = data.read("S9/Sitting 1")
    assert (sequence.subject, sequence.action, sequence.split) == ("S9", "Sitting", "test")
    assert (sequence.fps, sequence.up, sequence.skeleton) == (50, "z", "h36m17")
    assert sequence.joints.shape == (12, 17, 3)
    assert [camera.name for camera in sequence.cameras] == ["54138969", "55011271", "58860488", "60457274"]
    assert list(sequence.views) == ["gt", "noisy"]
    assert list(sequence.views["gt"]) == [camera.name for camera in sequence.cameras]
    assert [(label.text, label.start, label.end) for label in sequence.labels] == [("sitting", 0, 12)]


def test_the_17_joints_are_the_right_ones_of_the_32(pristine: Path):
    sequence = open_dataset("h36m", pristine, []).read("S1/Walking")
    np.testing.assert_array_equal(sequence.joints, swinging_motion(12, seed=0))
    assert sequence.views == {}


def test_files_that_hold_17_joints_already_are_read_alike(pristine: Path, tmp_path: Path):
    write_h36m(tmp_path, num_frames=12, num_joints=17)
    a, b = (open_dataset("h36m", folder).read("S9/Walking").joints for folder in (pristine, tmp_path))
    np.testing.assert_array_equal(a, b)


def test_long_recordings_are_read_when_they_are_asked_for_and_not_held(tmp_path: Path):
    write_h36m(tmp_path, subjects=("S1",), num_frames=4000, sources=("noisy",))
    tracemalloc.start()
    data = open_dataset("h36m", tmp_path, ["noisy"])
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 500_000  # the files hold 13 MB
    whole = load_tree(tmp_path / "data_2d_h36m_noisy.npz", "positions_2d")["S1"]["Sitting 1"]
    sequence = data.read("S1/Sitting 1")
    np.testing.assert_array_equal(sequence.joints, swinging_motion(4000, seed=1))
    np.testing.assert_array_equal(sequence.views["noisy"]["58860488"].pose_2d, whole[2])


def test_confidences_come_from_the_file_beside_else_are_ones(pristine: Path):
    sequence = open_dataset("h36m", pristine, ["gt", "noisy"]).read("S1/Walking")
    stored = load_tree(pristine / "data_2d_h36m_noisy_conf.npz", "confidences_2d")["S1"]["Walking"]
    for camera, confidence in zip(sequence.cameras, stored, strict=True):
        np.testing.assert_array_equal(sequence.views["noisy"][camera.name].confidence, confidence)
        assert (sequence.views["gt"][camera.name].confidence == 1).all()


def test_2d_longer_than_3d_is_cut_at_its_end(root: Path):
    path = root / "data_2d_h36m_gt.npz"
    tree = load_tree(path, "positions_2d")
    whole = tree["S1"]["Walking"][2]
    tree["S1"]["Walking"][2] = np.concatenate([whole, whole[:5] * 0])
    save_tree(path, positions_2d=tree)
    view = open_dataset("h36m", root).read("S1/Walking").views["gt"]["58860488"]
    np.testing.assert_array_equal(view.pose_2d, whole)


def test_a_third_2d_channel_is_the_confidence(root: Path):
    path = root / "data_2d_h36m_gt.npz"
    tree = load_tree(path, "positions_2d")
    for actions in tree.values():
        for tracks in actions.values():
            tracks[:] = [np.concatenate([track, np.full((12, 17, 1), 0.5)], -1) for track in tracks]
    save_tree(path, positions_2d=tree)
    view = open_dataset("h36m", root).read("S1/Walking").views["gt"]["54138969"]
    assert view.pose_2d.shape == (12, 17, 2)
    assert (view.confidence == 0.5).all()


def test_the_dataset_travels_to_another_process_without_its_content(pristine: Path):
    data = open_dataset("h36m", pristine, ["gt"])
    sent = pickle.dumps(data)
    assert len(sent) < 1000
    assert pickle.loads(sent).keys() == data.keys()


@pytest.mark.parametrize(
    ("recording", "action", "words"),
    [
        ("Walking 1", "Walking", "walking"),
        ("SittingDown", "SittingDown", "sitting down"),
        ("TakingPhoto 2", "Photo", "photo"),
        ("WalkingDog", "WalkDog", "walk dog"),
    ],
)
def test_an_action_is_the_name_without_its_number(recording: str, action: str, words: str):
    assert action_of(recording) == action
    assert camel_to_words(action) == words


def read_all(root: Path) -> None:
    data = open_dataset("h36m", root)
    keys = data.keys()
    for key in keys:
        data.read(key)


def spoil_2d(root: Path, change) -> None:
    path = root / "data_2d_h36m_gt.npz"
    tree = load_tree(path, "positions_2d")
    change(tree)
    save_tree(path, positions_2d=tree)


def spoil_3d(root: Path, change) -> None:
    path = root / "data_3d_h36m.npz"
    tree = load_tree(path, "positions_3d")
    change(tree)
    save_tree(path, positions_3d=tree)


def set_nan(tree: dict) -> None:
    tree["S9"]["Walking"] = tree["S9"]["Walking"].copy()
    tree["S9"]["Walking"][7, 0, 1] = np.nan


def set_nan_2d(tree: dict) -> None:
    tree["S9"]["Walking"][1][7, 0, 1] = np.nan


@pytest.mark.parametrize(
    ("spoil", "change", "words"),
    [
        (spoil_3d, set_nan, r"S9/Walking: frame 7 has NaN or infinite joints \(1 of 12 frames\)"),
        (
            spoil_3d,
            lambda t: t["S1"].update(Walking=np.zeros((5, 16, 3))),
            r"S1/Walking: expected.*\(5, 16, 3\)",
        ),
        (spoil_3d, lambda t: t["S1"].update(Walking="x"), "S1/Walking: expected.*found str"),
        (spoil_3d, lambda t: t["S1"].update(Walking=np.zeros((0, 17, 3))), "S1/Walking: has no frames"),
        (spoil_3d, lambda t: t.update(S2=t["S1"]), "no cameras of subject S2"),
        (spoil_3d, lambda t: t.clear(), "holds no sequences"),
        (spoil_3d, lambda t: t.update(S1=[]), "not a dictionary of subjects"),
        (spoil_2d, set_nan_2d, "S9/Walking: frame 7 of gt 2D in camera 55011271 is NaN"),
        (spoil_2d, lambda t: t.pop("S9"), r"data_2d_h36m_gt\.npz: has no S9/Walking.*'S9' is missing"),
        (spoil_2d, lambda t: t["S9"].pop("Walking"), "has no S9/Walking.*'Walking' is missing"),
        (spoil_2d, lambda t: t["S9"]["Walking"].pop(), "S9/Walking: camera 60457274 is missing"),
        (spoil_2d, lambda t: t["S9"].update(Walking=3), "S9/Walking"),
        (
            spoil_2d,
            lambda t: t["S9"]["Walking"].__setitem__(0, np.zeros((4, 17, 2))),
            "4 frames of 2D, but 12 of 3D",
        ),
        (
            spoil_2d,
            lambda t: t["S9"]["Walking"].__setitem__(0, np.zeros((12, 16, 2))),
            r"found \(12, 16, 2\)",
        ),
    ],
)
def test_what_is_wrong_is_named(root: Path, spoil, change, words: str):
    spoil(root, change)
    with pytest.raises(InputError, match=words):
        read_all(root)


def test_a_confidence_outside_0_to_1_is_named(root: Path):
    path = root / "data_2d_h36m_noisy_conf.npz"
    tree = load_tree(path, "confidences_2d")
    tree["S1"]["Walking"][3][5, 2] = 1.5
    save_tree(path, confidences_2d=tree)
    with pytest.raises(InputError, match="frame 5 of noisy 2D in camera 60457274 has a confidence outside"):
        open_dataset("h36m", root, ["noisy"]).read("S1/Walking")


def test_an_unknown_2d_source_comes_with_those_there_are(pristine: Path):
    with pytest.raises(InputError, match="unknown 2D source 'gtt': did you mean gt"):
        open_dataset("h36m", pristine, ["gtt"])


def test_a_missing_3d_file_or_root_is_named(tmp_path: Path):
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: no such file"):
        open_dataset("h36m", tmp_path)
    with pytest.raises(InputError, match="needs a root"):
        open_dataset("h36m")


def test_an_unknown_sequence_comes_with_near_ones(pristine: Path):
    with pytest.raises(InputError, match=r"unknown sequence 'S9/Walkin'.*S9/Walking"):
        open_dataset("h36m", pristine).read("S9/Walkin")


def test_a_file_with_a_class_in_it_is_refused_by_name(root: Path):
    save_tree(root / "data_3d_h36m.npz", positions_3d={"S1": {"Walking": Path("x")}})
    with pytest.raises(InputError, match=r"data_3d_h36m\.npz: positions_3d\.npy: holds a .*Path"):
        open_dataset("h36m", root)


def test_the_shipped_cameras_reproduce_the_2d_of_the_stand_in_to_a_hundredth_of_a_pixel(shared: Path):
    data = open_dataset("h36m", shared / "data", ["gt"])
    keys = data.keys()
    subjects = {key.split("/")[0]: key for key in keys}
    assert len(subjects) == 7
    for key in subjects.values():
        sequence = data.read(key)
        for camera in sequence.cameras:
            pixels = project(world_to_camera(sequence.joints.astype(np.float64), camera), camera)
            stored = sequence.views["gt"][camera.name].pose_2d
            np.testing.assert_allclose(pixels, stored, atol=0.01)


def test_the_stand_in_has_the_frames_its_readme_counts(shared: Path):
    data = open_dataset("h36m", shared / "data", ["simdet"])
    frames = {"train": 0, "test": 0}
    keys = data.keys()
    for key in keys:
        frames[data.manifest.split_of(key.split("/")[0])] += data.num_frames(key)
    assert frames == {"train": 49_918, "test": 8_650}
    assert 0.7 < data.read("S9/Walking").views["simdet"]["54138969"].confidence.mean() < 0.95
