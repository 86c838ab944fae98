"""Ground contact: height over the lowest joint."""

from __future__ import annotations

import numpy as np

from posecap.posecodes.measures.base import Pose, Position


class GroundContact(Position):
    """Height of joint (a) over the lowest joint of the same pose, metres."""

    num_joints = 1

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        return pose.positions[places[:, 0], 1] - pose.ground
