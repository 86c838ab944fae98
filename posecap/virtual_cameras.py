"""Cameras for motion that has no images."""

from __future__ import annotations

import numpy as np


def look_at(position: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """(3, 3) world-to-camera rotation of a camera at `position` that looks at `target`; roll in degrees.

    Rows are the camera's axes in the world: right, down, forward.
    """
    forward = np.asarray(target, float) - np.asarray(position, float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return np.stack([c * right + s * down, c * down - s * right, forward])
