"""Head inclination from joint positions, relative to the trunk.

For skeletons that come without joint rotations. Joints are (head, neck, pelvis, left shoulder, right
shoulder); the trunk's axes are up (pelvis to neck), left (right to left shoulder, made orthogonal to
up) and forward (left x up).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.posecodes.measures.base import (
    Joints,
    Pose,
    Position,
    Reordering,
    between,
    dot,
    length,
    signed_angle,
)


class _HeadInclination(Position):
    num_joints = 5
    unit = "degree"

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 0, 1, 2, 4, 3), negates=False),)


class HeadInclinationX(_HeadInclination):
    """Bow of the head against the trunk in the trunk's sagittal plane, degrees, positive forward."""

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        head, up, left = _trunk(pose, places)
        # adding 0 turns -0 into 0: the arctangent tells them apart by 180 degrees, mirroring may not
        forward, upward = dot(head, _cross(left, up)) + 0.0, dot(head, up) + 0.0
        return np.degrees(np.arctan2(forward, upward))


class HeadInclinationZ(_HeadInclination):
    """Sideways tilt of the head against the trunk, degrees, positive to the body's left."""

    mirror_negates = True

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        head, _, left = _trunk(pose, places)
        return np.degrees(np.arcsin(np.clip(dot(head, left), -1.0, 1.0)))


class HeadTurn(Position):
    """Turn of the head against the shoulders around the trunk's axis, degrees, positive to the left.

    Joints are (left ear, right ear, neck, pelvis, left shoulder, right shoulder).
    """

    num_joints = 6
    unit = "degree"
    mirror_negates = True

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 1, 0, 2, 3, 5, 4), negates=False),)

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        ears = pose.positions[places[:, 0]] - pose.positions[places[:, 1]]
        _, up, left = _trunk(pose, places[:, [2, 2, 3, 4, 5]])
        return signed_angle(dot(ears, left), -dot(ears, _cross(left, up)))


def _trunk(pose: Pose, places: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit vectors (K, 3, N): neck to head, the trunk's up and the trunk's left."""
    head, neck, pelvis, left_shoulder, right_shoulder = (pose.positions[place] for place in places.T)
    up = _unit(neck - pelvis)
    across = left_shoulder - right_shoulder
    across -= up * dot(across, up)[:, None]
    return _unit(head - neck), up, _unit(across)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / length(vectors)[:, None]


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Vector product (K, 3, N), written out so that mirrored operands give exactly mirrored results."""
    (ax, ay, az), (bx, by, bz) = np.moveaxis(a, 1, 0), np.moveaxis(b, 1, 0)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
