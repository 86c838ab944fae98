"""Gaps are filled and told, people are told apart, frame rates change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.errors import InputError
from posecap.keypoints import Keypoints, read_keypoints
from posecap.keypoints.detections import Detections, frame_numbers
from posecap.keypoints.people import fill, to_people
from tests.fixtures import keypoint_files as files


def detections(people: np.ndarray, **changes: object) -> Detections:
    """Untracked Human3.6M-ordered detections of people (P, T, 17, 2), shuffled within each frame."""
    num_people, num_frames = people.shape[:2]
    rng = np.random.default_rng(0)
    rows = [(frame, person) for frame in range(num_frames) for person in rng.permutation(num_people)]
    fields = {
        "layout": "h36m17",
        "frames": np.array([frame for frame, _ in rows]),
        "points": np.stack([people[person, frame] for frame, person in rows]).astype(float),
        "confidence": np.full((len(rows), 17), 0.9),
    }
    return Detections(**(fields | changes))


def test_people_without_ids_are_followed(tmp_path: Path):
    people = files.tracks_of_people(40, 3)
    found, _ = to_people(detections(people))
    assert len(found) == 3
    for person in sorted(found, key=lambda person: person.pose_2d[..., 0].mean()):
        gap = np.abs(people - person.pose_2d).max(axis=(1, 2, 3)).min()
        assert gap < 0.01


def test_ids_that_occur_twice_in_a_frame_are_no_ids():
    people = files.tracks_of_people(20, 2)
    found, _ = to_people(detections(people, ids=("0",) * 40))
    assert sorted(person.num_frames for person in found) == [20, 20]


def test_a_low_joint_is_filled_between_its_neighbours_and_reported():
    people = files.tracks_of_people(20, 1)
    confidence = np.full((20, 17), 0.9)
    confidence[8:10, 3] = 0.05
    points = people[0].astype(float).copy()
    points[8:10, 3] = 5000
    (person,), report = to_people(detections(people, points=points, confidence=confidence))
    assert person.filled.sum() == 2
    np.testing.assert_allclose(person.confidence[8:10, 3], 0.05)
    expected = people[0, 7, 3] + (people[0, 10, 3] - people[0, 7, 3]) / 3
    np.testing.assert_allclose(person.pose_2d[8, 3], expected, rtol=1e-5)
    assert report == ("person 1: frames 0-19, 2 joints filled (0.6%)",)


def test_a_joint_never_seen_stands_at_its_parent_and_is_named():
    people = files.tracks_of_people(20, 1)
    confidence = np.full((20, 17), 0.9)
    confidence[:, [2, 3]] = 0
    (person,), report = to_people(detections(people, confidence=confidence))
    np.testing.assert_array_equal(person.pose_2d[:, 3], person.pose_2d[:, 1])
    assert report[0].endswith("never seen: right_knee, right_ankle")


def test_a_long_absence_makes_a_new_appearance_and_a_short_one_is_left_out():
    people = files.tracks_of_people(100, 1)
    frames = np.concatenate([np.arange(20), np.arange(80, 100)])
    rows = {"frames": frames, "points": people[0][frames].astype(float), "confidence": np.ones((40, 17))}
    found, _ = to_people(detections(people, ids=("a",) * 40, **rows))
    assert [(person.id, person.start, person.num_frames) for person in found] == [("a", 0, 20), ("a", 80, 20)]
    rows = {name: values[:22] for name, values in rows.items()}
    found, report = to_people(detections(people, ids=("a",) * 22, **rows))
    assert [person.start for person in found] == [0]
    assert report[-1] == "1 appearance of fewer than 3 frames left out"


def test_a_single_image_is_not_left_out():
    (person,), _ = to_people(detections(files.tracks_of_people(1, 1)))
    assert person.num_frames == 1


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_filling_touches_no_seen_joint_and_leaves_no_nan(num_frames: int, seed: int):
    rng = np.random.default_rng(seed)
    pose = rng.normal(500, 100, (num_frames, 17, 2))
    seen = rng.random((num_frames, 17)) < 0.4
    seen[0, rng.integers(17)] = True
    filled = pose.copy()
    filled[~seen] = np.nan
    fill(filled, seen)
    np.testing.assert_array_equal(filled[seen], pose[seen])
    assert np.isfinite(filled).all()


def make_keypoints(fps: float | None) -> Keypoints:
    people, report = to_people(detections(files.tracks_of_people(31, 1)))
    return Keypoints(people, 1000, 1002, fps, 31, "arrays", "h36m17", "a.npy", report)


def test_twice_the_frame_rate_keeps_every_frame_and_adds_the_middles():
    keypoints = make_keypoints(25)
    (before,), (after,) = keypoints.people, keypoints.resampled(50).people
    assert after.num_frames == 61
    np.testing.assert_allclose(after.pose_2d[::2], before.pose_2d, rtol=1e-6)
    middles = (before.pose_2d[1:] + before.pose_2d[:-1]) / 2
    np.testing.assert_allclose(after.pose_2d[1::2], middles, rtol=1e-5)
    assert "resampled from 25 to 50" in keypoints.resampled(50).report[-1]


def test_the_same_frame_rate_changes_nothing_and_an_unknown_one_is_asked_for():
    keypoints = make_keypoints(50)
    assert keypoints.resampled(50) is keypoints
    with pytest.raises(InputError, match="frame rate is unknown"):
        make_keypoints(None).resampled(50)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        ([3, 5, 4], {3: 0, 4: 1, 5: 2}),
        (["10.jpg", "9.jpg", "12.jpg"], {"9.jpg": 0, "10.jpg": 1, "12.jpg": 3}),
        (["a.jpg", "b.jpg"], {"a.jpg": 0, "b.jpg": 1}),
        ([139, 785, 391895], {139: 0, 785: 1, 391895: 2}),
        (["x/1_a.jpg", "y/1_a.jpg"], {"x/1_a.jpg": 0, "y/1_a.jpg": 1}),
    ],
)
def test_names_that_count_on_are_frame_numbers_and_others_an_order(names: list, numbers: dict):
    assert frame_numbers(names) == numbers


def test_frames_without_anybody_are_filled_and_counted(tmp_path: Path):
    folder = files.write_openpose(tmp_path / "a", files.tracks_of_people(), without=(4, 5))
    found = read_keypoints(folder, size=files.SIZE)
    assert "2 frames without a detection" in found.report[0]
    assert found.people[0].filled.all(axis=1).nonzero()[0].tolist() == [4, 5]
