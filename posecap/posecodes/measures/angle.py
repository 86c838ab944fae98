"""Angle at a joint: how far a limb is bent."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.posecodes.measures.base import (
    Joints,
    Pose,
    Position,
    Reordering,
    arccos_degrees,
    between,
    dot,
    length,
)


class Angle(Position):
    """Degrees between a - b and c - b of joints (a, b, c): 180 is straight."""

    num_joints = 3
    unit = "degree"

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 2, 1, 0), negates=False),)

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        middle = pose.positions[places[:, 1]]
        first = pose.positions[places[:, 0]] - middle
        last = pose.positions[places[:, 2]] - middle
        return arccos_degrees(dot(first, last) / (length(first) * length(last)))
