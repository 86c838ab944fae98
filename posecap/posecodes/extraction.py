"""From joints to posecodes, block by block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from posecap.errors import InputError, unknown_name
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
from posecap.posecodes.categories import categorize
from posecap.posecodes.checks import checked_joints, warn_of_odd_motion
from posecap.posecodes.codes import Draws, Posecodes, blocks, noise_names
from posecap.posecodes.definitions import Definitions, load_definitions
from posecap.posecodes.measures import Pose
from posecap.posecodes.plan import Plan, make_plan
from posecap.posecodes.rotations import axis_angle_to_matrix, checked_rotations, turn_root
from posecap.skeletons import Skeleton, Unit, load_skeleton

FrameName = Literal["body", "camera", "as-is"]
DEFAULT_UP: dict[str, Up] = {"body": "z", "camera": "-y", "as-is": "y"}


def extract(
    joints: np.ndarray,
    skeleton: str | Skeleton = "h36m17",
    definitions: str | Definitions | None = None,
    frame: FrameName = "body",
    up: Up | None = None,
    rotations: np.ndarray | None = None,
    *,
    unit: Unit = "m",
    handedness: Literal["right", "left"] = "right",
    noise: bool = False,
    seed: int = 0,
    sequence: str = "",
    frames: np.ndarray | None = None,
) -> Posecodes:
    """Posecodes of poses (PoseScript, Delmas et al., ECCV 2022), vectorised over frames.

    Args:
        joints: (N, J, 3) positions in `unit`; N = 0 is fine.
        skeleton: name of a shipped skeleton, a `.yaml` file, or a Skeleton.
        definitions: name, `.yaml` file or Definitions; by default those of the skeleton's manifest.
        frame: "body" (joints in a world; heading is removed), "camera" (joints in camera coordinates,
            x right, y down, z away; the viewer's axes are kept) or "as-is" (y up, +x to the body's
            left, +z forward already).
        up: axis ("x", "y", "z", "-x", "-y", "-z") or vector (3,) against gravity; by default "z" in a
            world and "-y" in a camera. Ignored for "as-is".
        rotations: (N, J, 3) local joint rotations, axis-angle in radians, root first, for the
            relative rotation kinds; without them those kinds are left out.
        unit: "m", "cm", "mm" or "in".
        handedness: "left" for left-handed coordinates (with "body" and "as-is").
        noise: adds each kind's tolerance, uniform, before categories are taken.
        seed, sequence, frames: what the noise and random skipping are functions of; `frames` (N,) are
            frame numbers, 0 to N - 1 by default.

    Raises InputError for unknown names, wrong shapes and numbers that are not finite; warns where the
    bodies are not of human size or all lie on their side.
    """
    skeleton = load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    definitions = definitions or skeleton.posecodes
    definitions = load_definitions(definitions) if isinstance(definitions, str) else definitions
    joints = checked_joints(joints, skeleton)
    axes = Axes.of(frame, up, unit, handedness)
    warn_of_odd_motion(joints, skeleton, axes.up, axes.scale)
    numbers = np.arange(len(joints)) if frames is None else np.asarray(frames)
    if numbers.shape != (len(joints),):
        raise InputError(f"frames: expected shape ({len(joints)},), got {numbers.shape}")
    plan = make_plan(definitions, skeleton, rotations is not None)
    codes = Posecodes(
        definitions=definitions,
        plan=plan,
        value_rows=np.full((len(definitions.columns), len(joints)), np.nan, np.float32),
        category_rows=np.full((len(definitions.columns), len(joints)), -1, np.int8),
        draws=Draws(seed, sequence, numbers),
    )
    if rotations is not None:
        rotations = checked_rotations(rotations, len(joints), plan.num_rotations, axes.flips)
    for part in blocks(len(joints)):
        pose = axes.pose(joints[part], plan, None if rotations is None else rotations[part])
        _measure(codes, part, pose, noise)
    return codes


@dataclass(frozen=True)
class Axes:
    """How joints as given become joints in the posecode frame."""

    turn: np.ndarray  # (3, 3) to metres with y up, right-handed; a rotation times the unit's scale
    up: np.ndarray  # (3,) against gravity, in the axes of the input
    scale: float  # metres per unit
    flips: bool  # left-handed input
    removes_heading: bool

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
        return cls(SCALES[unit] * mirror @ turn, up_vector(up), SCALES[unit], flips, frame == "body")

    def pose(self, joints: np.ndarray, plan: Plan, rotations: np.ndarray | None) -> Pose:
        """A block of poses (B, J, 3) as measures read it."""
        rows = _turned(joints[:, plan.joints], self.turn)
        cosine, sine = np.ones(len(joints)), np.zeros(len(joints))
        if self.removes_heading:
            lines = heading_lines(plan.skeleton, plan.named(rows))
            cosine, sine = heading(lines, len(joints))
            rows = remove_heading(rows, cosine, sine)
        named = plan.named(rows)
        positions = np.stack([plan.skeleton.role_row(role, named) for role in plan.roles])
        heights = [(named[p] if p in named else plan.skeleton.role_row(p, named))[1] for p in plan.ground]
        ground = np.minimum.reduce(heights)
        if rotations is None:
            return Pose(positions, ground)
        to_frame = _heading_matrix(cosine, sine) @ (self.turn / self.scale)
        matrices = turn_root(axis_angle_to_matrix(rotations), to_frame)
        return Pose(positions, ground, matrices, plan.skeleton.parents, plan.joint_of_place)


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


def _measure(codes: Posecodes, part: slice, pose: Pose, with_noise: bool) -> None:
    """Fills one block of `codes`."""
    for kind in codes.plan.kinds:
        values = kind.measure.compute(pose, kind.places).astype(np.float32)
        codes.value_rows[kind.columns, part] = values
        if with_noise:
            draws = codes.draws.uniform("noise", noise_names(kind), part)
            values = values + np.float32(2 * kind.noise) * (draws - np.float32(0.5))
        categories = np.empty(values.shape, np.int8)
        categorize(values, kind.thresholds, categories)
        codes.category_rows[kind.columns, part] = categories
