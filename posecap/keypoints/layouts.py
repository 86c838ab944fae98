"""Keypoint layouts: which points a detector gives, and how the 17 joints are made of them."""

from __future__ import annotations

from functools import cache

import numpy as np
from pydantic import model_validator

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest
from posecap.skeletons import load_skeleton

# Detectors of whole bodies give the body first; hands and face are left out.
LAYOUT_OF_COUNT = {17: "coco17", 18: "openpose18", 25: "body25", 26: "halpe26", 133: "coco17", 136: "halpe26"}


class KeypointLayout(Manifest):
    """Points by name, and for each Human3.6M joint the choices of weighted sums of them."""

    name: str
    description: str
    points: tuple[str, ...]
    h36m17: dict[str, tuple[dict[str, float], ...]]

    @model_validator(mode="after")
    def _consistent(self) -> KeypointLayout:
        joints = load_skeleton("h36m17").joints
        if tuple(self.h36m17) != joints:
            raise ValueError(f"h36m17: expected the joints {', '.join(joints)}, in this order")
        for joint, choices in self.h36m17.items():
            for choice in choices:
                unknown = [point for point in choice if point not in self.points]
                if unknown:
                    raise ValueError(f"h36m17.{joint}: '{unknown[0]}' is not a point of this layout")
                if abs(sum(choice.values()) - 1) > 1e-9:
                    raise ValueError(f"h36m17.{joint}: weights add up to {sum(choice.values())}, not 1")
        return self

    def to_h36m17(self, points: np.ndarray, confidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Points (N, K, 2), confidences (N, K) to (N, 17, 2), (N, 17); K may go on beyond the layout.

        A joint is as sure as the least sure point it is made of, 0 where none of its choices is seen.
        """
        joints = np.zeros((len(points), len(self.h36m17), 2))
        sure = np.zeros(joints.shape[:2])
        for index, choices in enumerate(self.h36m17.values()):
            for choice in reversed(choices):
                used = [self.points.index(point) for point in choice]
                least = confidence[:, used].min(axis=1)
                seen = least > 0
                made = np.einsum("nkc,k->nc", points[:, used], list(choice.values()))
                joints[seen, index], sure[seen, index] = made[seen], least[seen]
        return joints, sure


@cache
def load_layout(name: str) -> KeypointLayout:
    """The shipped keypoint layout `name`, or one in a user's `.yaml` file."""
    return manifests.load("keypoints", name, KeypointLayout, what="keypoint layout")


def layout_of_count(num_points: int, source: str) -> str:
    """Name of the layout that has this many points; InputError names `source` where none has."""
    if num_points not in LAYOUT_OF_COUNT:
        known = ", ".join(map(str, LAYOUT_OF_COUNT))
        raise InputError(f"{source}: {num_points} points a person; layouts are known of {known} points")
    return LAYOUT_OF_COUNT[num_points]
