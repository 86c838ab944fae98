"""From joints to posecodes, block by block."""

from __future__ import annotations

from typing import Literal

import numpy as np

from posecap.errors import InputError
from posecap.frames import Up
from posecap.posecodes.axes import Axes
from posecap.posecodes.categories import categorize
from posecap.posecodes.checks import checked_joints, warn_of_odd_motion
from posecap.posecodes.codes import Draws, Posecodes, blocks, noise_names
from posecap.posecodes.definitions import Definitions, load_definitions
from posecap.posecodes.measures import Pose
from posecap.posecodes.plan import Plan, make_plan
from posecap.posecodes.rotations import checked_rotations
from posecap.skeletons import Skeleton, Unit, load_skeleton

FrameName = Literal["body", "camera", "as-is"]


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
            x right, y down, z away; relative positions along z are the viewer's depth, "behind" being
            farther away, those along x are left out, and all else is the body's own as in "body") or
            "as-is" (y up, +x to the body's left, +z forward already).
        up: axis ("x", "y", "z", "-x", "-y", "-z") or vector (3,) against gravity; by default "z" in a
            world and "-y" in a camera. Ignored for "as-is".
        rotations: (N, J, 3) local joint rotations, axis-angle in radians, root first, for the
            relative rotation kinds; without them those kinds are left out.
        unit: "m", "cm", "mm" or "in".
        handedness: "left" where the coordinates are left-handed.
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
    plan = make_plan(definitions, skeleton, rotations is not None, frame)
    codes = _unmeasured(definitions, plan, Draws(seed, sequence, _frame_numbers(frames, len(joints))))
    if rotations is not None:
        rotations = checked_rotations(rotations, len(joints), plan.num_rotations, axes.flips)
    for part in blocks(len(joints)):
        pose = axes.pose(joints[part], plan, None if rotations is None else rotations[part])
        _measure(codes, part, pose, noise)
    return codes


def _frame_numbers(frames: np.ndarray | None, num_frames: int) -> np.ndarray:
    numbers = np.arange(num_frames) if frames is None else np.asarray(frames)
    if numbers.shape != (num_frames,):
        raise InputError(f"frames: expected shape ({num_frames},), got {numbers.shape}")
    return numbers


def _unmeasured(definitions: Definitions, plan: Plan, draws: Draws) -> Posecodes:
    shape = len(definitions.columns), len(draws.frames)
    values, categories = np.full(shape, np.nan, np.float32), np.full(shape, -1, np.int8)
    return Posecodes(definitions, plan, values, categories, draws)


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
