"""Rotation of a joint against one of its ancestors, from local joint rotations."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.posecodes.measures.base import Joints, Pose, Reordering, Viewed


class RelativeRotation:
    """One Euler angle (R = Rz·Ry·Rx) of joint a against its ancestor b, degrees.

    The product of the local rotations runs from b, itself included, down to a. Where b is the root,
    that is the rotation in the posecode frame, heading removed.
    """

    num_joints = 2
    unit = "degree"
    names_second = False
    needs_rotations = True
    viewed: Viewed = None

    def __init__(self, axis: int) -> None:
        self.axis = axis
        self.mirror_negates = axis != 0

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return ()

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        joints = np.asarray(pose.joint_of_place)[places]
        return np.stack([self._angle(_chain(pose, joint, ancestor)) for joint, ancestor in joints.tolist()])

    def _angle(self, matrix: np.ndarray) -> np.ndarray:
        """(N,) degrees of one Euler angle of (N, 3, 3) rotations."""
        if self.axis == 0:
            return np.degrees(np.arctan2(matrix[:, 2, 1], matrix[:, 2, 2]))
        if self.axis == 1:
            return np.degrees(np.arcsin(np.clip(-matrix[:, 2, 0], -1.0, 1.0)))
        return np.degrees(np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]))


def _chain(pose: Pose, joint: int, ancestor: int) -> np.ndarray:
    """(N, 3, 3) product of the local rotations from `ancestor` (included) down to `joint`."""
    product = pose.rotations[:, joint]
    while joint != ancestor:
        joint = pose.parents[joint]
        product = pose.rotations[:, joint] @ product
    return product
