"""Each measure against a twin written for one pose, in plain words."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.posecodes.measures import MEASURES, Pose

seeds = st.integers(0, 2**32 - 1)
POSITIONS = [name for name, measure in MEASURES.items() if not measure.needs_rotations]


def unit(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def degrees_between(a: np.ndarray, b: np.ndarray) -> float:
    return math.degrees(math.acos(min(1.0, max(-1.0, float(unit(a) @ unit(b))))))


def sign(number: float) -> float:
    return math.copysign(1.0, number) if number else 0.0


def body_x(ls, rs, pelvis, la, ra) -> float:
    middle = (ls + rs) / 2
    if not min(la[1], ra[1]) < middle[1] - 0.2:
        return 0.0
    trunk = unit((middle - pelvis) * [0, 1, 1])
    return math.degrees(math.acos(trunk[1])) * sign(trunk[2])


def body_y(ls, rs, *_) -> float:
    across = unit((ls - rs) * [1, 0, 1])
    return math.degrees(math.acos(across[0])) * sign(across[2])


def body_z(ls, rs, pelvis, *_) -> float:
    return 90 - degrees_between((ls + rs) / 2 - pelvis, np.array([1.0, 0, 0]))


def trunk_axes(neck, pelvis, ls, rs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    up = unit(neck - pelvis)
    left = unit((ls - rs) - up * ((ls - rs) @ up))
    return left, up, np.cross(left, up)


def head_x(head, neck, pelvis, ls, rs) -> float:
    _, up, forward = trunk_axes(neck, pelvis, ls, rs)
    return math.degrees(math.atan2((head - neck) @ forward, (head - neck) @ up))


def head_z(head, neck, pelvis, ls, rs) -> float:
    left, _, _ = trunk_axes(neck, pelvis, ls, rs)
    return 90 - degrees_between(head - neck, left)


def head_turn(le, re, neck, pelvis, ls, rs) -> float:
    left, _, forward = trunk_axes(neck, pelvis, ls, rs)
    return math.degrees(math.atan2(-((le - re) @ forward), (le - re) @ left))


TWINS: dict[str, Callable[..., float]] = {
    "angle": lambda a, b, c: degrees_between(a - b, c - b),
    "distance": lambda a, b: math.dist(a, b),
    "relative_position_x": lambda a, b: a[0] - b[0],
    "relative_position_y": lambda a, b: a[1] - b[1],
    "relative_position_z": lambda a, b: a[2] - b[2],
    "pitch_roll": lambda a, b: math.degrees(math.acos(abs(unit(b - a)[1]))),
    "body_inclination_x": body_x,
    "body_inclination_y": body_y,
    "body_inclination_z": body_z,
    "head_inclination_x": head_x,
    "head_inclination_z": head_z,
    "head_turn": head_turn,
}


def pose_of(points: np.ndarray) -> Pose:
    """A block of poses from points (N, R, 3)."""
    rows = np.ascontiguousarray(points.transpose(1, 2, 0))
    return Pose(rows, rows[:, 1].min(0))


def values(name: str, points: np.ndarray) -> np.ndarray:
    """(N,) of measure `name` on its first joints of points (N, R, 3)."""
    places = np.arange(MEASURES[name].num_joints)[None]
    return MEASURES[name].compute(pose_of(points), places)[0]


@pytest.mark.parametrize("name", sorted(TWINS))
@given(seed=seeds)
def test_a_measure_agrees_with_its_plain_twin(name: str, seed: int) -> None:
    points = np.random.default_rng(seed).normal(0, 0.6, size=(5, MEASURES[name].num_joints, 3))
    expected = [TWINS[name](*pose) for pose in points]
    np.testing.assert_allclose(values(name, points), expected, atol=1e-6)


def test_ground_contact_is_the_height_over_the_lowest_point() -> None:
    points = np.array([[[0, 1.0, 0], [0, 0.2, 0]], [[0, -3.0, 0], [0, 5.0, 0]]])
    np.testing.assert_allclose(values("ground_contact", points), [0.8, 0.0])


@pytest.mark.parametrize("name", POSITIONS)
@given(seed=seeds)
def test_values_do_not_change_when_the_body_moves(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(3, MEASURES[name].num_joints, 3))
    moved = values(name, points + rng.uniform(-20, 20, 3))
    np.testing.assert_allclose(moved, values(name, points), atol=1e-4)


@pytest.mark.parametrize("name", POSITIONS)
@given(seed=seeds)
def test_reorderings_tell_the_value_of_the_mirrored_pose(name: str, seed: int) -> None:
    """`mirror_negates` and `reorderings` together say what the mirrored pose's value is."""
    measure = MEASURES[name]
    points = np.random.default_rng(seed).normal(0, 0.6, size=(4, measure.num_joints, 3))
    mirrored = points * [-1, 1, 1]
    labels = tuple(str(index) for index in range(measure.num_joints))
    sided = name.startswith(("body_", "head_"))  # these name a left and a right joint, which change places
    orders = [(labels, False)] if not sided else []
    orders += list(measure.reorderings(labels))
    for order, negates in orders:
        image = values(name, mirrored[:, [int(label) for label in order]])
        expected = values(name, points) * (-1 if measure.mirror_negates != negates else 1)
        np.testing.assert_array_equal(image, expected)


def test_degenerate_limbs_give_ninety_degrees_and_never_nan() -> None:
    for name in POSITIONS:
        assert np.isfinite(values(name, np.zeros((1, MEASURES[name].num_joints, 3)))).all()
    assert values("angle", np.zeros((1, 3, 3)))[0] == 90
    assert values("pitch_roll", np.zeros((1, 2, 3)))[0] == 90


@given(seed=seeds)
def test_straight_and_folded_limbs_are_never_nan(seed: int) -> None:
    direction = np.random.default_rng(seed).normal(size=3)
    straight = np.stack([[-direction, 0 * direction, 0.3 * direction], [direction, 0 * direction, direction]])
    np.testing.assert_allclose(values("angle", straight), [180, 0], atol=1e-5)


def rotation(axis: int, degrees: float) -> np.ndarray:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    i, j = [(1, 2), (2, 0), (0, 1)][axis]
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = c
    matrix[i, j], matrix[j, i] = -s, s
    return matrix


@given(st.floats(-170, 170), st.floats(-80, 80), st.floats(-170, 170))
def test_relative_rotations_are_the_angles_of_z_then_y_then_x(x: float, y: float, z: float) -> None:
    whole = rotation(2, z) @ rotation(1, y) @ rotation(0, x)
    half = rotation(1, 25)
    chain = np.stack([rotation(0, 40), half, half.T @ whole])[None]  # the root is outside the chain
    pose = Pose(np.zeros((2, 3, 1)), np.zeros(1), chain, parents=(-1, 0, 1), joint_of_place=(2, 1))
    places = np.array([[0, 1]])
    found = [MEASURES[f"relative_rotation_{axis}"].compute(pose, places)[0, 0] for axis in "xyz"]
    np.testing.assert_allclose(found, [x, y, z], atol=1e-6)
