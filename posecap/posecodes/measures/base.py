"""What every measure has in common, and the small vector helpers they share.

Positions come as rows: (R, 3, N), one contiguous row per role and axis in a frame with y up, +x to
the body's left and +z forward. A measure turns them into (K, N), one row per posecode.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, Protocol

import numpy as np

Joints = tuple[str, ...]
Viewed = Literal["depth", "sideways"] | None
SMALLEST_LENGTH = 1e-12  # unit vectors divide by at least this, so coincident joints give a zero vector


class Reordering(NamedTuple):
    """The same joints in another order, and whether the value then changes its sign."""

    joints: Joints
    negates: bool


class Pose(NamedTuple):
    """A block of poses as measures read it."""

    positions: np.ndarray  # (R, 3, N) metres, one row per role and axis
    ground: np.ndarray  # (N,) smallest y over the joints that can touch the ground
    rotations: np.ndarray = np.empty((0, 0, 3, 3))  # (N, J, 3, 3) local ones, the root's in this frame
    parents: tuple[int, ...] = ()  # of the joints in `rotations`
    joint_of_place: tuple[int, ...] = ()  # the joint a row of `positions` is, -1 for means and tips
    depths: np.ndarray | None = (
        None  # (R, N) metres towards a viewer, for measures of depth, where there is one
    )


class Measure(Protocol):
    """One family of values."""

    num_joints: int  # how many roles a posecode of this measure names
    unit: str  # "metre" or "degree"
    names_second: bool  # whether a sentence names the second joint ("close to the left knee")
    mirror_negates: bool  # whether the value changes its sign under a left/right mirror
    needs_rotations: bool
    viewed: Viewed  # what a viewer reads on axes of their own; None describes the body itself

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        """Other orders of `joints` that measure the same up to the sign."""
        ...

    def compute(self, pose: Pose, places: np.ndarray) -> np.ndarray:
        """(K, N) values, metres or degrees; `places` (K, num_joints) are rows of `pose.positions`."""
        ...


class Position:
    """Defaults of measures that read positions."""

    unit = "metre"
    names_second = False
    mirror_negates = False
    needs_rotations = False
    viewed: Viewed = None

    def reorderings(self, joints: Joints) -> Iterable[Reordering]:
        return ()


def dot(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Scalar products over the axis of coordinates: (..., 3, N) twice to (..., N)."""
    total = a[..., 0, :] * b[..., 0, :]
    total += a[..., 1, :] * b[..., 1, :]
    total += a[..., 2, :] * b[..., 2, :]
    return total


def length(vectors: np.ndarray) -> np.ndarray:
    """Lengths (..., N) of vectors (..., 3, N), at least SMALLEST_LENGTH."""
    return np.maximum(np.sqrt(dot(vectors, vectors)), SMALLEST_LENGTH)


def arccos_degrees(cosines: np.ndarray) -> np.ndarray:
    """Arccosine in degrees; rounding beyond [-1, 1] is clamped. Works in place."""
    np.clip(cosines, -1.0, 1.0, out=cosines)
    np.arccos(cosines, out=cosines)
    return np.degrees(cosines, out=cosines)


def signed_angle(along: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Angle of 2D vectors from the first axis, in degrees, with the sign of the second.

    Odd in `across`, also where that is 0: then the angle is 0.
    """
    norm = np.maximum(np.sqrt(along * along + across * across), SMALLEST_LENGTH)
    return arccos_degrees(along / norm) * np.sign(across)


def between(joints: Joints, *order: int) -> Joints:
    """`joints` in another order."""
    return tuple(joints[index] for index in order)
