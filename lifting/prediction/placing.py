"""Where a lifted body stands: its root in the camera's frame, estimated from the 2D keypoints."""

from __future__ import annotations

import numpy as np

from posecap.skeletons import Skeleton

DEFAULT_FOCAL = 1.145  # focal length over image width of Human3.6M's cameras
DEFAULT_STATURE = 1.7  # metres, of bodies whose size nothing tells
BEYOND_THE_CHAIN = 1.08  # stature over ankle-to-head length: heel to ankle, head joint to crown
NEAREST = 0.3  # metres
LEG = ("hip", "knee", "ankle")
TRUNK = ("pelvis", "spine", "thorax", "neck", "head")


def place_root(
    pose: np.ndarray, pixels: np.ndarray, confidence: np.ndarray, focal: float, center: np.ndarray
) -> np.ndarray:
    """Root positions (T, 3), metres, camera frame, that bring root-relative poses nearest to the 2D.

    pose: (T, J, 3) metres; pixels: (T, J, 2); confidence: (T, J) weights; focal: pixels; center: (2,).
    Least squares of (x + tx) - u (z + tz) over the joints, u = (pixel - center) / focal, frame by
    frame: linear in t, so no start and no iteration. As right as the focal length and the pose are.
    """
    screen = (pixels.astype(np.float64) - center) / focal
    weight = np.sqrt(np.maximum(confidence, 0.05))
    zero = np.zeros_like(weight)
    rows = [
        np.stack([zero + 1, zero, -screen[..., 0]], axis=-1),
        np.stack([zero, zero + 1, -screen[..., 1]], axis=-1),
    ]
    wanted = [screen[..., axis] * pose[..., 2] - pose[..., axis] for axis in range(2)]
    matrix = np.concatenate([row * weight[..., None] for row in rows], axis=1)
    value = np.concatenate([one * weight for one in wanted], axis=1)
    root = np.einsum("tij,tj->ti", np.linalg.pinv(matrix), value)
    root[:, 2] = np.maximum(root[:, 2], NEAREST - pose[..., 2].min(axis=1))
    return root


def stature(pose: np.ndarray, skeleton: Skeleton) -> float:
    """Standing height in metres that a body with these bones has, from poses (T, J, 3)."""
    legs = [_chain(pose, skeleton, [f"{side}_{part}" for part in LEG]) for side in ("left", "right")]
    length = np.mean(legs, axis=0) + _chain(pose, skeleton, list(TRUNK))
    return float(np.median(length)) * BEYOND_THE_CHAIN


def _chain(pose: np.ndarray, skeleton: Skeleton, joints: list[str]) -> np.ndarray:
    points = pose[:, [skeleton.index(joint) for joint in joints]]
    return np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(axis=1)
