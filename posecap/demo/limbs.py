"""Rotations and two-bone limbs, vectorised over frames."""

from __future__ import annotations

import numpy as np


def rotation(turn: np.ndarray, pitch: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """(T, 3, 3) from degrees (T,): turn left, pitch forward, lean left; x ahead, y left, z up."""
    a, b, c = np.radians(turn), np.radians(pitch), -np.radians(roll)
    zero, one = np.zeros_like(a), np.ones_like(a)
    about_z = _stack([np.cos(a), -np.sin(a), zero, np.sin(a), np.cos(a), zero, zero, zero, one])
    about_y = _stack([np.cos(b), zero, np.sin(b), zero, one, zero, -np.sin(b), zero, np.cos(b)])
    about_x = _stack([one, zero, zero, zero, np.cos(c), -np.sin(c), zero, np.sin(c), np.cos(c)])
    return about_z @ about_y @ about_x


def _stack(entries: list[np.ndarray]) -> np.ndarray:
    return np.stack(entries, axis=-1).reshape(-1, 3, 3)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors (T, 3) at length one."""
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def perpendicular(vectors: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of vectors (T, 3) at right angles to unit axes (T, 3), at length one."""
    return unit(vectors - np.sum(vectors * axis, axis=-1, keepdims=True) * axis)


def bent_joint(
    start: np.ndarray, axis: np.ndarray, reach: np.ndarray, bend: np.ndarray, first: float, second: float
) -> np.ndarray:
    """(T, 3) knee or elbow between `start` and start + reach·axis, on the side of the unit vectors `bend`."""
    along = (first**2 - second**2 + reach**2) / (2 * reach)
    aside = np.sqrt(np.maximum(first**2 - along**2, 0))
    return start + along[:, None] * axis + aside[:, None] * bend


def reach_of(flexion: np.ndarray, first: float, second: float) -> np.ndarray:
    """(T,) distance between the ends of two bones that are bent by `flexion` degrees (0: straight)."""
    return np.sqrt(first**2 + second**2 + 2 * first * second * np.cos(np.radians(flexion)))


def soft_minimum(*values: np.ndarray, width: float) -> np.ndarray:
    """(T,) a smooth function a little below the smallest of `values`."""
    stacked = np.stack(values)
    low = stacked.min(0)
    return low - width * np.log(np.exp(-(stacked - low) / width).sum(0))
