"""From unknown units and axes to metres, Z up, standing on the floor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from posecap.errors import InputError
from posecap.figures import SHARE_OF_STATURE, Figure, landmarks_to_h36m17, length, raw_size
from posecap.joint_names import UnclearError, body_words

AXES = ("x", "y", "z", "-x", "-y", "-z")
HEIGHTS = (1.4, 2.1)


@dataclass(frozen=True)
class Upright:
    """How a figure comes to stand on the floor in metres: unit, up axis, handedness, height of the floor."""

    unit: str
    metres_per_unit: float
    up: str
    mirror: bool
    stature: float
    floor: float

    def place(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) float32 metres, Z up, floor at 0, of points in the figure's units and axes."""
        placed = (up_to_z(points, self.up) - [0, 0, self.floor]) * self.metres_per_unit
        return (placed * [-1 if self.mirror else 1, 1, 1]).astype(np.float32)


def find_upright(
    figure: Figure, scale: float | None = None, up: str | None = None, mirror: bool | None = None
) -> Upright:
    """What unit, axes and floor a figure has.

    The unit is the one of the usual ones in which the person is 1.4 to 2.1 m tall, the up axis the one
    from the feet to the neck over the motion, or, where nobody stands in it, in the rest pose. `scale`
    (metres a unit), `up` ("x", "-y", ...) and `mirror` (left-handed axes) go before these. InputError
    says what to add where one stays open, and where the toes point backwards.
    """
    joints = figure.h36m17()
    axis = up or _guess_up(joints, _rest_joints(figure), figure.source)
    if axis not in AXES:
        raise InputError(f"{figure.source}: up is '{axis}', expected one of {', '.join(AXES)}")
    if mirror is None and _toes_point_back(figure, joints, axis):
        raise UnclearError(
            f"{figure.source}: the toes point backwards, so its axes are left-handed or left and right are "
            "swapped in its names; add the option mirror=true (or mirror=false to keep it)",
            "mirror: the toes point backwards",
        )
    size = _stature(joints)
    unit, metres = ("given", scale) if scale else _guess_unit(size, figure.source)
    everything = [figure.positions, *(end[:, None] for end in figure.ends.values())]
    lowest = up_to_z(np.concatenate(everything, axis=1), axis)[..., 2].min(axis=1)
    return Upright(unit, metres, axis, bool(mirror), size * metres, float(np.percentile(lowest, 1)))


def _toes_point_back(figure: Figure, joints: np.ndarray, up: str) -> bool:
    """Whether toes (or the ends of the feet) lie behind the ankles most of the time."""
    across = up_to_z(joints[:, 1] - joints[:, 4], up)
    ahead = np.stack([-across[:, 1], across[:, 0]], axis=-1)
    votes = []
    for side in ("left", "right"):
        ankle = figure.landmarks.joints[f"{side}_ankle"]
        toe = figure.landmarks.joints.get(f"{side}_toe")
        end = figure.positions[:, toe] if toe is not None else figure.ends.get(ankle)
        if end is not None:
            foot = up_to_z(end - figure.positions[:, ankle], up)
            # by the whole length: a foot that ends below its ankle points neither way
            size = np.maximum(length(foot) * length(ahead), 1e-9)
            votes.append(np.median(np.sum(foot[:, :2] * ahead, axis=-1) / size))
    return bool(votes) and float(np.mean(votes)) < -0.5


_TO_Z = {
    "x": ((2, -1), (1, 1), (0, 1)),
    "y": ((0, 1), (2, -1), (1, 1)),
    "z": ((0, 1), (1, 1), (2, 1)),
    "-x": ((2, 1), (1, 1), (0, -1)),
    "-y": ((0, 1), (2, 1), (1, -1)),
    "-z": ((0, 1), (1, -1), (2, -1)),
}


def up_to_z(points: np.ndarray, up: str) -> np.ndarray:
    """Points (..., 3) turned so that the axis `up` ("y", "-z", ...) becomes +Z; y up: (x, -z, y)."""
    return np.stack([sign * points[..., axis] for axis, sign in _TO_Z[up]], axis=-1)


def _stature(joints: np.ndarray) -> float:
    """Standing height by bone lengths, in the units of joints (T, 17, 3)."""
    at = {"right_hip": joints[:, 1], "right_knee": joints[:, 2], "right_ankle": joints[:, 3]}
    at |= {"left_hip": joints[:, 4], "left_knee": joints[:, 5], "left_ankle": joints[:, 6]}
    return raw_size(joints[:, 0], joints[:, 8], joints[:, 9], at) / SHARE_OF_STATURE


def _guess_unit(size: float, source: str) -> tuple[str, float]:
    for unit, metres in body_words().units.items():
        if HEIGHTS[0] <= size * metres <= HEIGHTS[1]:
            return unit, metres
    raise UnclearError(
        f"{source}: the person is {size:.4g} units tall, which in no usual unit is "
        f"{HEIGHTS[0]} to {HEIGHTS[1]} m; add the option scale=METRES_PER_UNIT",
        f"scale: {size:.4g} units tall",
    )


def _rest_joints(figure: Figure) -> np.ndarray | None:
    """(1, 17, 3) the rest pose, if its legs go the other way than its trunk, as in a standing figure."""
    if figure.rest is None:
        return None
    joints = landmarks_to_h36m17(replace(figure, positions=figure.rest[None], ends={}))
    trunk, legs = joints[0, 8] - joints[0, 0], (joints[0, 3] + joints[0, 6]) / 2 - joints[0, 0]
    standing = np.dot(trunk, legs) < -0.8 * np.linalg.norm(trunk) * np.linalg.norm(legs)
    return joints if standing else None


def _guess_up(joints: np.ndarray, rest: np.ndarray | None, source: str) -> str:
    """The axis from the feet to the neck."""
    for poses, needed in ((joints, 0.85), (rest, 0.85), (joints, 0.6)):
        if poses is None:
            continue
        bodies = poses[:, 8] - (poses[:, 3] + poses[:, 6]) / 2
        mean = np.median(bodies / np.maximum(length(bodies)[:, None], 1e-9), axis=0)
        axis = int(np.abs(mean).argmax())
        if abs(mean[axis]) > needed:
            return ("-" if mean[axis] < 0 else "") + "xyz"[axis]
    raise UnclearError(
        f"{source}: nobody stands upright in it, so its up axis stays open; add the option up=y or up=z",
        "up: nobody stands upright",
    )
