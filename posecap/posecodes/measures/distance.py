"""Distance between two joints."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.posecodes.measures.base import Joints, Pose, Position, Reordering, between, dot


class Distance(Position):
    """Euclidean distance of joints (a, b), metres."""

    num_joints = 2
    names_second = True

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 1, 0), negates=False),)

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        offset = pose.positions[places[:, 0]]
        offset -= pose.positions[places[:, 1]]
        squares = dot(offset, offset)
        return np.sqrt(squares, out=squares)
