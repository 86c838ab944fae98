"""Pitch and roll: how far a bone is from vertical."""

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
    length,
)


class PitchRoll(Position):
    """Degrees between the line of joints (a, b) and the vertical, 0 (vertical) to 90 (horizontal)."""

    num_joints = 2
    unit = "degree"

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 1, 0), negates=False),)

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        bone = pose.positions[places[:, 1]]
        bone -= pose.positions[places[:, 0]]
        return arccos_degrees(np.abs(bone[:, 1]) / length(bone))
