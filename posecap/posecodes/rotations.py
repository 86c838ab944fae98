"""Joint rotations for the measures that read them."""

from __future__ import annotations

import numpy as np

from posecap.errors import InputError


def checked_rotations(rotations: np.ndarray, num_frames: int, needed: int, flipped: bool) -> np.ndarray:
    """`rotations` as float64 (N, J, 3) local axis-angle, root first; InputError where they do not fit."""
    rotations = np.asarray(rotations, np.float64)
    shape = rotations.shape
    if rotations.ndim != 3 or shape[0] != num_frames or shape[2] != 3 or shape[1] < needed:
        raise InputError(f"rotations: expected shape ({num_frames}, {needed} or more, 3), got {shape}")
    if flipped:
        raise InputError("rotations: those of left-handed coordinates are not supported")
    return rotations[:, :needed]


def axis_angle_to_matrix(vectors: np.ndarray) -> np.ndarray:
    """(..., 3) axis-angle in radians to (..., 3, 3) rotations (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vectors, -1, 0)
    zero = np.zeros_like(x)
    skew = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*x.shape, 3, 3)
    # sinc keeps both factors exact at angle 0, where the axis is not known
    first = np.sinc(angle / np.pi)
    second = np.sinc(angle / (2 * np.pi)) ** 2 / 2
    return np.eye(3) + first * skew + second * (skew @ skew)


def turn_root(matrices: np.ndarray, to_frame: np.ndarray) -> np.ndarray:
    """`matrices` (N, J, 3, 3) with the root's rotation turned by `to_frame` (N, 3, 3) or (3, 3)."""
    turned = matrices.copy()
    turned[:, 0] = to_frame @ matrices[:, 0]
    return turned
