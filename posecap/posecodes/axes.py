"""From joints as their user has them to what measures read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.errors import unknown_name
from posecap.frames import (
    SCALES,
    Up,
    camera_rotation,
    heading,
    heading_lines,
    remove_heading,
    up_rotation,
    up_vector,
)
from posecap.posecodes.measures import Pose
from posecap.posecodes.plan import Plan
from posecap.posecodes.rotations import axis_angle_to_matrix, turn_root

DEFAULT_UP: dict[str, Up] = {"body": "z", "camera": "-y", "as-is": "y"}


@dataclass(frozen=True)
class Axes:
    """How joints as given become joints in the posecode frame."""

    turn: np.ndarray  # (3, 3) to metres with y up, right-handed; a rotation times the unit's scale
    up: np.ndarray  # (3,) against gravity, in the axes of the input
    scale: float  # metres per unit
    flips: bool  # left-handed input
    removes_heading: bool
    has_viewer: bool  # who sees depth along the z axis of `turn`

    @classmethod
    def of(cls, frame: str, up: Up | None, unit: str, handedness: str) -> Axes:
        """From the options of `extract`; InputError for unknown names."""
        for what, name, known in (
            ("frame", frame, DEFAULT_UP),
            ("unit", unit, SCALES),
            ("handedness", handedness, ("right", "left")),
        ):
            if name not in known:
                raise unknown_name(what, name, known)
        up = DEFAULT_UP[frame] if up is None or frame == "as-is" else up
        turn = camera_rotation(up) if frame == "camera" else up_rotation(up)
        flips = handedness == "left"
        # any horizontal axis may be the one that flips: with the heading removed they all agree
        mirror = np.diag([-1.0 if flips else 1.0, 1.0, 1.0])
        return cls(
            SCALES[unit] * mirror @ turn,
            up_vector(up),
            SCALES[unit],
            flips,
            frame != "as-is",
            frame == "camera",
        )

    def pose(self, joints: np.ndarray, plan: Plan, rotations: np.ndarray | None) -> Pose:
        """A block of poses (B, J, 3) as measures read it."""
        rows = _turned(joints[:, plan.joints], self.turn)
        cosine, sine = np.ones(len(joints)), np.zeros(len(joints))
        seen = plan.named(rows)
        if self.removes_heading:
            lines = heading_lines(plan.skeleton, seen)
            cosine, sine = heading(lines, len(joints))
            rows = remove_heading(rows, cosine, sine)
        named = plan.named(rows)
        positions = _positions(plan, named)
        depths = _positions(plan, seen)[:, 2] if self.has_viewer else None
        heights = [(named[p] if p in named else plan.skeleton.role_row(p, named))[1] for p in plan.ground]
        ground = np.minimum.reduce(heights)
        if rotations is None:
            return Pose(positions, ground, depths=depths)
        to_frame = _heading_matrix(cosine, sine) @ (self.turn / self.scale)
        matrices = turn_root(axis_angle_to_matrix(rotations), to_frame)
        return Pose(positions, ground, matrices, plan.skeleton.parents, plan.joint_of_place, depths)


def _positions(plan: Plan, rows: dict[str, np.ndarray]) -> np.ndarray:
    """(R, 3, B) positions of the roles from those of the joints."""
    num_poses = next(iter(rows.values())).shape[-1] if rows else 0
    positions = np.empty((len(plan.roles), 3, num_poses))
    for place, role in enumerate(plan.roles):
        positions[place] = plan.skeleton.role_row(role, rows)
    return positions


def _turned(joints: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Rows (J, 3, B) float64 of `turn` times joints (B, J, 3); zeros of `turn` cost nothing."""
    source = joints.transpose(2, 1, 0).astype(np.float64, order="C")
    rows = np.empty((source.shape[1], 3, source.shape[2]))
    for axis in range(3):
        first, *others = np.flatnonzero(turn[axis])
        np.multiply(source[first], turn[axis, first], out=rows[:, axis])
        for other in others:
            rows[:, axis] += source[other] * turn[axis, other]
    return rows


def _heading_matrix(cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """(B, 3, 3) rotations that turn (cosine, 0, sine) into +x."""
    matrix = np.zeros((len(cosine), 3, 3))
    matrix[:, 0, 0] = matrix[:, 2, 2] = cosine
    matrix[:, 0, 2], matrix[:, 2, 0], matrix[:, 1, 1] = sine, -sine, 1.0
    return matrix
