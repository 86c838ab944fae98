"""The demo as a data set: people, cameras, exact and simulated 2D."""

from __future__ import annotations

import numpy as np
import pytest

from posecap.cameras import project, world_to_camera
from posecap.errors import InputError
from posecap.readers import open_dataset


@pytest.fixture(scope="module")
def dataset():
    return open_dataset("demo", keypoints=("gt", "sim"), seconds=1.5)


def test_six_people_do_at_least_eight_actions_in_a_fixed_order(dataset):
    keys = dataset.keys()
    assert keys == open_dataset("demo").keys()
    assert {key.split("/")[0] for key in keys} == {"D1", "D2", "D3", "D4", "D5", "D6"}
    assert len({key.split("/")[1] for key in keys}) >= 8
    assert "D1/walking 1" in keys


def test_a_sequence_has_labels_split_cameras_and_views(dataset):
    sequence = dataset.read("D5/sitting_down 1")
    assert (sequence.subject, sequence.action, sequence.split) == ("D5", "sitting_down", "test")
    assert (sequence.fps, sequence.up, sequence.skeleton) == (50.0, "z", "h36m17")
    assert sequence.num_frames == dataset.num_frames(sequence.key) == 75
    assert sequence.labels[0].text == "sits down and gets up again"
    assert len(sequence.cameras) == 4
    assert sequence.views["sim"]["A"].confidence.shape == (75, 17)
    assert dataset.read("D1/walking 1").split == "train"


def test_gt_is_the_exact_projection_and_people_are_in_the_picture(dataset):
    inside = []
    for key in dataset.keys()[::5]:
        sequence = dataset.read(key)
        for camera in sequence.cameras:
            points = world_to_camera(sequence.joints, camera)
            assert points[..., 2].min() > 2
            view = sequence.views["gt"][camera.name]
            assert np.abs(view.pose_2d - project(points, camera)).max() < 1e-3
            inside.append((view.pose_2d > 0).all(-1) & (view.pose_2d < 1000).all(-1))
    assert np.concatenate(inside).mean() > 0.98


def test_sim_errs_like_a_detector_and_says_where(dataset):
    errors, trust = [], []
    for key in dataset.keys()[::7]:
        views = dataset.read(key).views
        for camera, view in views["sim"].items():
            errors.append(np.linalg.norm(view.pose_2d - views["gt"][camera].pose_2d, axis=-1))
            trust.append(view.confidence)
    errors, trust = np.concatenate(errors), np.concatenate(trust)
    assert 3 < errors.mean() < 7
    assert errors[:, [3, 6, 13, 16]].mean() > 2 * errors[:, [0, 7, 8]].mean()
    assert trust.min() >= 0
    assert trust.max() <= 1
    assert trust[errors > 20].mean() < trust[errors < 5].mean() - 0.2
    slow = np.corrcoef(errors[:-1].ravel(), errors[1:].ravel())[0, 1]
    assert slow > 0.4


def test_a_sequence_does_not_depend_on_what_was_read_before(dataset):
    alone = open_dataset("demo", keypoints=("sim",), seconds=1.5).read("D2/waving 1")
    dataset.read("D1/walking 1")
    again = dataset.read("D2/waving 1")
    assert np.array_equal(alone.joints, again.joints)
    for camera, view in alone.views["sim"].items():
        assert np.array_equal(view.pose_2d, again.views["sim"][camera].pose_2d)
        assert np.array_equal(view.confidence, again.views["sim"][camera].confidence)


def test_the_size_can_be_chosen():
    small = open_dataset("demo", subjects="D6,D1", actions=["walking"], takes=2, seconds=1, seed=3)
    assert small.keys() == ["D1/walking 1", "D1/walking 2", "D6/walking 1", "D6/walking 2"]
    assert small.read("D6/walking 2").num_frames == 50


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"keypoints": ("cpn",)}, "gt, sim"),
        ({"subjects": "D9"}, "'D9'"),
        ({"actions": "wakling"}, "walking"),
        ({"seconds": 0}, "seconds"),
        ({"takes": 0}, "takes"),
    ],
)
def test_bad_options_are_told(options, word):
    with pytest.raises(InputError, match=word):
        open_dataset("demo", **options)


def test_an_unknown_key_is_told(dataset):
    with pytest.raises(InputError, match="D1/walking 1"):
        dataset.read("D1/walking 9")
