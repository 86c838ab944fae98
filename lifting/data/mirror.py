"""Left/right flip of clips: of poses, of 2D and of the statements that are true of them."""

from __future__ import annotations

import numpy as np


def mirror_pose(pose: np.ndarray, mirror_joints: np.ndarray) -> np.ndarray:
    """(..., J, C) with the first channel x: x negated, left and right joints swapped."""
    mirrored = pose[..., mirror_joints, :].copy()
    mirrored[..., 0] *= -1
    return mirrored


def mirror_sentences(ids: np.ndarray, mirror_ids: np.ndarray) -> np.ndarray:
    """Each statement's mirror image; -1, for padding and for statements without one, stays -1."""
    return np.append(mirror_ids, -1).astype(ids.dtype)[ids]  # -1 is the last of them
