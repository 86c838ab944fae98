"""Relative position along one axis: at left, above, in front."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.posecodes.measures.base import Joints, Pose, Position, Reordering, Viewed, between


class RelativePosition(Position):
    """Coordinate of a minus that of b for joints (a, b), metres; axis 0 is x, 1 is y, 2 is z.

    Along z a viewer's depth is read where there is one: in front is nearer to the viewer.
    """

    num_joints = 2
    names_second = True

    def __init__(self, axis: int) -> None:
        self.axis = axis
        self.mirror_negates = axis == 0
        views: tuple[Viewed, ...] = ("sideways", None, "depth")
        self.viewed = views[axis]

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return (Reordering(between(joints, 1, 0), negates=True),)

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        along = pose.positions[:, self.axis]
        if self.viewed == "depth" and pose.depths is not None:
            along = pose.depths
        return along[places[:, 0]] - along[places[:, 1]]
