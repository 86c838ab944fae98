"""Forward kinematics of any joint tree, vectorised over frames."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_PLANES = {"X": (1, 2), "Y": (2, 0), "Z": (0, 1)}


def axis_rotation(axis: str, degrees: np.ndarray) -> np.ndarray:
    """(T, 3, 3) right-handed rotations of (T,) degrees about the axis "X", "Y" or "Z"."""
    angle = np.radians(np.asarray(degrees, dtype=np.float64))
    first, second = _PLANES[axis]
    matrix = np.zeros((*angle.shape, 3, 3))
    matrix[..., range(3), range(3)] = 1
    matrix[..., first, first] = matrix[..., second, second] = np.cos(angle)
    matrix[..., second, first] = np.sin(angle)
    matrix[..., first, second] = -np.sin(angle)
    return matrix


def euler_to_matrix(order: str, degrees: np.ndarray) -> np.ndarray:
    """(T, 3, 3) product, in the order given, of rotations about the axes `order`, degrees (T, len(order))."""
    matrix = np.broadcast_to(np.eye(3), (len(degrees), 3, 3))
    for column, axis in enumerate(order):
        matrix = matrix @ axis_rotation(axis, degrees[:, column])
    return matrix


def matrix_to_euler_zxy(matrix: np.ndarray) -> np.ndarray:
    """(T, 3) degrees z, x, y whose product Rz Rx Ry is `matrix` (T, 3, 3)."""
    x = np.arcsin(np.clip(matrix[:, 2, 1], -1, 1))
    locked = np.abs(matrix[:, 2, 1]) > 1 - 1e-10
    z = np.arctan2(-matrix[:, 0, 1], matrix[:, 1, 1])
    y = np.arctan2(-matrix[:, 2, 0], matrix[:, 2, 2])
    z = np.where(locked, np.arctan2(matrix[:, 1, 0], matrix[:, 0, 0]), z)
    return np.degrees(np.stack([z, x, np.where(locked, 0.0, y)], axis=-1))


def forward_kinematics(
    parents: Sequence[int], rotations: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Positions (T, J, 3) and world rotations (T, J, 3, 3) of a tree whose parents come before children.

    rotations: (T, J, 3, 3) of each joint against its parent; offsets: (J, 3) or (T, J, 3), of each
    joint in its parent's axes (a root's: in the world's), any unit.
    """
    offsets = np.broadcast_to(offsets, (*rotations.shape[:2], 3))
    positions, world = np.empty(offsets.shape), np.empty(rotations.shape)
    for joint, parent in enumerate(parents):
        if parent < 0:
            positions[:, joint], world[:, joint] = offsets[:, joint], rotations[:, joint]
            continue
        turned = np.einsum("tij,tj->ti", world[:, parent], offsets[:, joint])
        positions[:, joint] = positions[:, parent] + turned
        world[:, joint] = world[:, parent] @ rotations[:, joint]
    return positions, world


def shortest_rotation(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """(T, 3, 3) rotations by the smallest angle that turn directions `start` (T, 3) into `end` (T, 3)."""
    a, b = _unit(start), _unit(end)
    cosine = np.sum(a * b, axis=-1)
    opposite = cosine < -1 + 1e-9
    cross = np.cross(a, b)
    skew = np.zeros((*cosine.shape, 3, 3))
    for (i, j), axis, sign in (((0, 1), 2, -1), ((0, 2), 1, 1), ((1, 2), 0, -1)):
        skew[..., i, j], skew[..., j, i] = sign * cross[..., axis], -sign * cross[..., axis]
    factor = 1 / np.where(opposite, 1.0, 1 + cosine)
    turned = np.eye(3) + skew + skew @ skew * factor[..., None, None]
    normal = _unit(np.cross(a, np.where(np.abs(a[..., :1]) < 0.9, [1.0, 0, 0], [0, 1.0, 0])))
    half_turn = 2 * normal[..., :, None] * normal[..., None, :] - np.eye(3)
    return np.where(opposite[..., None, None], half_turn, turned)


def _unit(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.where(length > 1e-12, vectors / np.maximum(length, 1e-12), [0.0, 0.0, 1.0])
