"""Inclination of the trunk: forward and backward, twisted, leaning.

Joints are (left shoulder, right shoulder, pelvis, left ankle, right ankle).
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
    length,
    signed_angle,
)

UPRIGHT_HEIGHT = 0.2  # metres the shoulders must be over the lower ankle for a forward inclination


class _BodyInclination(Position):
    num_joints = 5
    unit = "degree"

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        # Exchanging left and right exchanges the roles of both ends; with the mirror image of the
        # pose that leaves what `mirror_negates` tells.
        return (Reordering(between(joints, 1, 0, 2, 4, 3), negates=False),)


class BodyInclinationX(_BodyInclination):
    """Forward (+) and backward inclination of pelvis to mid-shoulder in the sagittal plane, degrees.

    0 unless the lower ankle lies more than 0.2 m below the shoulders (lying people do not incline).
    """

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        left, right, pelvis, left_ankle, right_ankle = (pose.positions[place] for place in places.T)
        middle = (left[:, 1:] + right[:, 1:]) / 2
        up, forward = np.moveaxis(middle - pelvis[:, 1:], 1, 0)
        angle = signed_angle(up, forward)
        lower_ankle = np.minimum(left_ankle[:, 1], right_ankle[:, 1])
        return np.where(lower_ankle < middle[:, 0] - UPRIGHT_HEIGHT, angle, 0.0)


class BodyInclinationY(_BodyInclination):
    """Twist of the shoulder line around the vertical, degrees, positive to the right."""

    mirror_negates = True

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        across = pose.positions[places[:, 0]] - pose.positions[places[:, 1]]
        return signed_angle(across[:, 0], across[:, 2])


class BodyInclinationZ(_BodyInclination):
    """Sideways lean of pelvis to mid-shoulder, degrees, positive to the left."""

    mirror_negates = True

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        left, right, pelvis = (pose.positions[place] for place in places.T[:3])
        trunk = (left + right) / 2 - pelvis
        # 90° - acos(x), written as an odd function so that mirrored poses get exactly the negative
        return np.degrees(np.arcsin(np.clip(trunk[:, 0] / length(trunk), -1.0, 1.0)))
