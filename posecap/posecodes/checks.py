"""Is this motion what its caller says it is? Wrong shapes are errors, odd sizes and postures warnings."""

from __future__ import annotations

import warnings

import numpy as np

from posecap.errors import InputError
from posecap.skeletons import Skeleton

MAX_CHECKED = 1000  # frames looked at, spread over all
BODY_SIZES = (0.4, 3.5)  # metres; medians of the bounding box's diagonal beyond these are odd
LYING = 0.3  # cosine of trunk and up below which a frame counts as lying
MOSTLY = 0.9  # share of the frames that must lie for a warning


class OddMotionWarning(UserWarning):
    """The motion may not be what its caller says: another unit, another axis up."""


def checked_joints(joints: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """`joints` as a float array (N, J, 3); InputError names the shape, or the first bad frame and joint."""
    joints = np.asarray(joints)
    wanted = (skeleton.num_joints, 3)
    if joints.ndim != 3 or joints.shape[1:] != wanted:
        expected = f"(frames, {wanted[0]}, 3) for skeleton {skeleton.name}"
        raise InputError(f"joints: expected shape {expected}, got {joints.shape}")
    if joints.dtype.kind not in "fiu":
        raise InputError(f"joints: expected numbers, got {joints.dtype}")
    if not np.isfinite(joints.sum(dtype=np.float64)):
        bad = np.argwhere(~np.isfinite(joints).all(-1))
        if len(bad):
            frame, joint = bad[0]
            raise InputError(f"joints: frame {frame}, {skeleton.joints[joint]} is not a finite number")
    return joints if joints.dtype in (np.float32, np.float64) else joints.astype(np.float64)


def warn_of_odd_motion(joints: np.ndarray, skeleton: Skeleton, up: np.ndarray, scale: float) -> None:
    """Warns where `joints` (N, J, 3), `scale` metres a unit, are not of human size or all lie."""
    sample = np.asarray(joints[:: max(1, len(joints) // MAX_CHECKED)], np.float64) * scale
    if not len(sample) or not {"pelvis", "neck"} <= skeleton.roles.keys():
        return  # nobody to look at, or not a whole body
    size = float(np.median(np.linalg.norm(np.ptp(sample, axis=1), axis=-1)))
    if not BODY_SIZES[0] <= size <= BODY_SIZES[1]:
        _warn(f"the bodies are about {size:.3g} m in size: is `unit` right?")
    if _lies(sample, skeleton, up):
        _warn("nearly all bodies lie on their side or upside down: is `up` right?")


def _warn(message: str) -> None:
    warnings.warn(message, OddMotionWarning, stacklevel=4)


def _lies(joints: np.ndarray, skeleton: Skeleton, up: np.ndarray) -> bool:
    pelvis, neck = skeleton.role_positions(joints, ["pelvis", "neck"])
    trunk = neck - pelvis
    upright = up @ trunk / np.maximum(np.linalg.norm(trunk, axis=0), 1e-12)
    return bool((upright < LYING).mean() >= MOSTLY)
