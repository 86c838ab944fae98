"""Pinhole cameras with radial and tangential distortion: world to camera, camera to pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """One calibrated camera.

    rotation: (3, 3), world to camera; position: (3,) metres, in the world frame;
    focal, center: (2,) pixels; radial k1..k3, tangential p1, p2 (OpenCV's order of meaning).
    """

    name: str
    width: int
    height: int
    focal: np.ndarray
    center: np.ndarray
    radial: np.ndarray
    tangential: np.ndarray
    rotation: np.ndarray
    position: np.ndarray
