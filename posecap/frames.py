"""Frames of reference: from the world or a camera to the axes that posecodes speak of.

Posecodes read y up, +x to the body's left, +z forward. Heading is removed with the components of a
normalised direction, never through an angle, so that a mirrored pose gives exactly mirrored numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posecap.errors import InputError, unknown_name
from posecap.skeletons import Skeleton, load_skeleton

Up = str | Sequence[float]
SCALES = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
STEEPEST_LINE = 0.2  # hips or shoulders nearer to vertical than this (sine, 11.5°) tell no heading

# Rows of the rotation from a world with that axis up to y up: always a proper rotation.
UP_TO_Y: dict[str, tuple[tuple[int, int, int], ...]] = {
    "x": ((0, -1, 0), (1, 0, 0), (0, 0, 1)),
    "y": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "z": ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    "-x": ((0, 1, 0), (-1, 0, 0), (0, 0, 1)),
    "-y": ((1, 0, 0), (0, -1, 0), (0, 0, -1)),
    "-z": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
}
# The line from a body's right to its left that gives its heading, best first.
HEADING_LINES = (("right_hip", "left_hip"), ("right_shoulder", "left_shoulder"))


def up_vector(up: Up) -> np.ndarray:
    """(3,) unit vector against gravity, from an axis name or a vector; InputError otherwise."""
    if isinstance(up, str):
        if up not in UP_TO_Y:
            raise unknown_name("up axis", up, UP_TO_Y)
        return np.array(UP_TO_Y[up][1], float)
    try:
        vector = np.asarray(up, float)
    except (TypeError, ValueError):
        vector = np.zeros(0)
    norm = np.linalg.norm(vector)
    if vector.shape != (3,) or not np.isfinite(norm) or norm == 0:
        raise InputError(f"up: expected an axis name or three numbers, got {up!r}")
    return vector / norm


def up_rotation(up: Up) -> np.ndarray:
    """(3, 3) rotation that turns `up` into +y; the other two axes are any (heading is not removed)."""
    vector = up_vector(up)
    if isinstance(up, str):
        return np.array(UP_TO_Y[up], float)
    return _basis(vector, np.eye(3)[int(np.argmin(np.abs(vector)))])


def camera_rotation(up: Up = "-y") -> np.ndarray:
    """(3, 3) rotation from a camera (x right, y down, z away) to y up by gravity, +z to the viewer.

    `up` is the direction against gravity in camera coordinates; +x stays to the viewer's right, which
    is the left of a body that faces the viewer. A camera that looks straight down or up keeps the
    image's vertical as its depth axis.
    """
    vector = up_vector(up)
    toward_viewer = np.array([0.0, 0.0, -1.0])
    if abs(vector @ toward_viewer) > 1 - 1e-6:
        toward_viewer = np.array([0.0, 1.0, 0.0]) * np.sign(vector @ toward_viewer)
    return _basis(vector, toward_viewer)


def to_body_frame(joints: np.ndarray, skeleton: Skeleton | str, up: Up = "z") -> np.ndarray:
    """Joints (N, J, 3) of a right-handed world to the body frame: heading removed, gravity kept.

    The heading of a frame is a function of that frame alone: the hip line, else the shoulder line
    where that is near vertical, else none. Positions keep their distance from the origin.
    """
    skeleton = load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
    rows = np.tensordot(up_rotation(up), np.asarray(joints, float), (1, 2)).transpose(2, 0, 1)
    lines = heading_lines(skeleton, dict(zip(skeleton.joints, rows, strict=True)))
    cosine, sine = heading(lines, rows.shape[-1])
    return remove_heading(rows, cosine, sine).transpose(2, 0, 1)


def to_camera_frame(joints_camera: np.ndarray, up_in_camera: Up = "-y") -> np.ndarray:
    """Joints (..., 3) in camera coordinates to the viewer's posecode axes; see `camera_rotation`."""
    return np.asarray(joints_camera, float) @ camera_rotation(up_in_camera).T


def heading_lines(skeleton: Skeleton, rows: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Lines (3, N) from right to left that can tell the heading, of those roles the skeleton has."""
    return [
        skeleton.role_row(left, rows) - skeleton.role_row(right, rows)
        for right, left in HEADING_LINES
        if left in skeleton.roles and right in skeleton.roles
    ]


def heading(lines: Sequence[np.ndarray], num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) x and (N,) z of the horizontal unit vector to the body's left, in a y-up frame."""
    cosine, sine = np.ones(num_frames), np.zeros(num_frames)
    for line in reversed(lines):
        flat = np.sqrt(line[0] * line[0] + line[2] * line[2])
        known = flat > STEEPEST_LINE * np.sqrt(flat * flat + line[1] * line[1])
        flat[~known] = 1.0
        cosine, sine = np.where(known, line[0] / flat, cosine), np.where(known, line[2] / flat, sine)
    return cosine, sine


def remove_heading(rows: np.ndarray, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """Rows (J, 3, N) in a y-up frame, turned so that (cosine, 0, sine) becomes +x."""
    x, y, z = rows[:, 0], rows[:, 1], rows[:, 2]
    return np.stack([x * cosine + z * sine, y, z * cosine - x * sine], axis=1)


def _basis(up: np.ndarray, toward: np.ndarray) -> np.ndarray:
    """Rotation with `up` as its y row and the part of `toward` orthogonal to it as its z row."""
    depth = toward - up * (toward @ up)
    depth /= np.linalg.norm(depth)
    return np.stack([np.cross(up, depth), up, depth])
