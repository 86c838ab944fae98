"""Frames of reference: world and camera to the axes of posecodes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.errors import InputError
from posecap.frames import (
    STEEPEST_LINE,
    UP_TO_Y,
    camera_rotation,
    to_body_frame,
    to_camera_frame,
    up_rotation,
    up_vector,
)
from posecap.skeletons import load_skeleton

SKELETON = load_skeleton("h36m17")
seeds = st.integers(0, 2**32 - 1)


def some_poses(seed: int, num: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(num, 17, 3))


def turned(joints: np.ndarray, degrees: float) -> np.ndarray:
    """`joints` turned around the z axis."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return joints @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T


@pytest.mark.parametrize("up", [*UP_TO_Y, (0.1, -0.9, 0.3), (0.0, 0.0, -2.0)])
def test_every_up_becomes_y_by_a_proper_rotation(up) -> None:
    for rotation in (up_rotation(up), camera_rotation(up)):
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) > 0.99
        np.testing.assert_allclose(rotation @ up_vector(up), [0, 1, 0], atol=1e-12)


def test_a_standing_body_in_the_body_frame_has_its_left_at_positive_x_and_looks_along_z() -> None:
    joints = np.zeros((1, 17, 3))
    joints[0, SKELETON.index("left_hip")] = [0.1, 0.1, 0]  # left is north-east, so it looks south-east
    joints[0, SKELETON.index("right_hip")] = [-0.1, -0.1, 0]
    joints[0, SKELETON.index("head")] = [0, 0, 0.7]
    joints[0, SKELETON.index("left_ankle")] = [0.3, -0.3, -0.8]
    body = to_body_frame(joints, "h36m17")[0]
    np.testing.assert_allclose(body[SKELETON.index("left_hip")], [np.sqrt(0.02), 0, 0], atol=1e-12)
    np.testing.assert_allclose(body[SKELETON.index("head")], [0, 0.7, 0], atol=1e-12)
    np.testing.assert_allclose(body[SKELETON.index("left_ankle")], [0, -0.8, np.sqrt(0.18)], atol=1e-12)


def tells_heading(joints: np.ndarray) -> np.ndarray:
    """(N,) where the hip or the shoulder line is far enough from vertical; elsewhere heading is 0 by rule."""
    lines = [
        joints[:, SKELETON.index(f"left_{part}")] - joints[:, SKELETON.index(f"right_{part}")]
        for part in ("hip", "shoulder")
    ]
    steepness = [np.linalg.norm(line[:, :2], axis=1) / np.linalg.norm(line, axis=1) for line in lines]
    return np.maximum(*steepness) > STEEPEST_LINE


@given(seeds, st.floats(-180, 180))
def test_the_body_frame_does_not_depend_on_the_heading(seed: int, degrees: float) -> None:
    joints = some_poses(seed)
    known = tells_heading(joints)
    np.testing.assert_allclose(
        to_body_frame(turned(joints, degrees), SKELETON)[known],
        to_body_frame(joints, SKELETON)[known],
        atol=1e-9,
    )


@given(seeds)
def test_the_body_frame_of_a_mirrored_pose_is_exactly_the_mirrored_body_frame(seed: int) -> None:
    joints = some_poses(seed)
    order = SKELETON.mirror_order()
    mirrored = to_body_frame(joints[:, order] * [-1, 1, 1], SKELETON)
    assert (mirrored == to_body_frame(joints, SKELETON)[:, order] * [-1, 1, 1]).all()


@given(seeds)
def test_a_frame_is_placed_by_itself_alone(seed: int) -> None:
    joints = some_poses(seed, 3)
    alone = np.concatenate([to_body_frame(joints[i : i + 1], SKELETON) for i in range(3)])
    assert (alone == to_body_frame(joints, SKELETON)).all()


def test_shoulders_tell_the_heading_where_the_hips_are_above_each_other() -> None:
    joints = np.zeros((2, 17, 3))
    joints[:, SKELETON.index("left_hip"), 2] = 0.2  # lying on the right side
    joints[0, SKELETON.index("left_shoulder")] = [0, 0.3, 0.1]
    joints[:, SKELETON.index("head")] = [0, 0.5, 0]
    body = to_body_frame(joints, SKELETON)
    np.testing.assert_allclose(body[0, SKELETON.index("left_shoulder")], [0.3, 0.1, 0], atol=1e-12)
    np.testing.assert_allclose(body[1, SKELETON.index("head")], [0, 0, -0.5], atol=1e-12)  # no heading


def test_all_up_axes_agree_on_the_same_body() -> None:
    joints = some_poses(1)
    expected = to_body_frame(joints, SKELETON, "z")
    for up in UP_TO_Y:
        # the same body in a world with another axis up
        elsewhere = joints @ (up_rotation(up).T @ up_rotation("z")).T
        np.testing.assert_allclose(to_body_frame(elsewhere, SKELETON, up), expected, atol=1e-12)


def test_the_camera_frame_has_depth_toward_the_viewer_and_the_viewers_right_at_positive_x() -> None:
    np.testing.assert_allclose(to_camera_frame(np.array([1.0, 2.0, 3.0])), [1, -2, -3])


def test_a_tilted_camera_keeps_gravity_as_the_vertical() -> None:
    pitch = np.radians(30)  # the camera looks down by 30 degrees
    up = np.array([0, -np.cos(pitch), -np.sin(pitch)])
    np.testing.assert_allclose(to_camera_frame(1.7 * up, up), [0, 1.7, 0], atol=1e-12)
    right = to_camera_frame(np.array([1.0, 0, 0]), up)
    np.testing.assert_allclose(right, [1, 0, 0], atol=1e-12)


def test_a_camera_from_above_has_the_foot_of_the_image_nearest_to_the_viewer() -> None:
    np.testing.assert_allclose(to_camera_frame(np.array([0, 1.0, 0]), (0, 0, -1)), [0, 0, 1], atol=1e-12)


@pytest.mark.parametrize("up", ["w", (0, 0, 0), (1, 2), (np.nan, 0, 1), (0, "a", 1)])
def test_an_up_that_is_no_direction_is_refused(up) -> None:
    with pytest.raises(InputError, match="up"):
        up_vector(up)
