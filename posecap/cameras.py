"""Cameras: world to camera, camera to pixels, pixels to the normalised screen and back.

Camera frame: x right, y down, z forward, metres. Pixels: origin in the top left corner, y down.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posecap.errors import InputError

PROJECTIONS = ("perspective", "orthographic")


@dataclass(frozen=True, eq=False)
class Camera:
    """One calibrated camera.

    rotation: (3, 3), world to camera; position: (3,) metres, in the world frame;
    focal, center: (2,) pixels (an orthographic camera's focal: pixels per metre);
    radial: (3,) k1..k3, tangential: (2,), both in the convention of `project`.
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
    projection: str = "perspective"

    def intrinsics(self) -> np.ndarray:
        """(9,) fx, fy, cx, cy, k1..k3, p1, p2 in normalised screen units (see `normalize_pixels`)."""
        focal = self.focal / self.width * 2
        center = normalize_pixels(self.center, self.width, self.height)
        return np.concatenate([focal, center, self.radial, self.tangential])


def world_to_camera(joints: np.ndarray, camera: Camera) -> np.ndarray:
    """(..., 3) metres, world frame to (..., 3) metres, camera frame; the dtype is kept."""
    return ((joints - camera.position) @ camera.rotation.T).astype(_float_dtype(joints), copy=False)


def camera_to_world(joints: np.ndarray, camera: Camera) -> np.ndarray:
    """(..., 3) metres, camera frame to (..., 3) metres, world frame; the dtype is kept."""
    return (joints @ camera.rotation + camera.position).astype(_float_dtype(joints), copy=False)


def project(joints: np.ndarray, camera: Camera, distort: bool = True) -> np.ndarray:
    """(..., 3) metres, camera frame, to (..., 2) pixels; the dtype is kept.

    With q = x, y over depth clamped to -1..1 and r2 = |q|^2, a pixel is
    focal * (q * (1 + k1 r2 + k2 r2^2 + k3 r2^3 + p . q) + p r2) + center: the convention in which
    Human3.6M's 2D ground truth is stored in VideoPose3D's files (not OpenCV's, whose tangential
    terms are twice as large and crossed). Points behind a camera are projected all the same: ask
    `in_front`.
    """
    joints = np.asarray(joints)
    points = joints.astype(np.float64, copy=False)
    if camera.projection == "orthographic":
        screen = points[..., :2]
    else:
        depth = points[..., 2:]
        screen = np.clip(points[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth), -1, 1)
    if distort:
        screen = _distort(screen, camera)
    return (screen * camera.focal + camera.center).astype(_float_dtype(joints), copy=False)


def in_front(joints: np.ndarray, camera: Camera) -> np.ndarray:
    """(...,) bool: points (..., 3), camera frame, that this camera can see (any, if orthographic)."""
    return np.asarray(joints[..., 2] > 0) | (camera.projection == "orthographic")


def normalize_pixels(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    """(..., 2) pixels to the screen where x runs over -1..1 and y keeps the aspect ratio."""
    return pixels / width * 2 - np.array([1, height / width], dtype=_float_dtype(pixels))


def denormalize_pixels(screen: np.ndarray, width: int, height: int) -> np.ndarray:
    """Inverse of `normalize_pixels`: (..., 2) normalised to (..., 2) pixels."""
    return (screen + np.array([1, height / width], dtype=_float_dtype(screen))) * width / 2


def quaternion_to_rotation(quaternion: Sequence[float] | np.ndarray) -> np.ndarray:
    """(3, 3) rotation of a quaternion (w, x, y, z), which is brought to unit length first."""
    w, x, y, z = np.asarray(quaternion, dtype=np.float64) / np.linalg.norm(quaternion)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def fit_rigid(world: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Where a camera stands that sees points `world` (..., 3) at `seen` (..., 3), both in metres.

    Returns rotation (3, 3), world to camera; position (3,), world; and the root mean square of what
    remains, in metres. Least squares by singular values (Kabsch 1976), without reflection.
    """
    a, b = world.reshape(-1, 3).astype(np.float64), seen.reshape(-1, 3).astype(np.float64)
    mean_a, mean_b = a.mean(0), b.mean(0)
    u, _, vt = np.linalg.svd((b - mean_b).T @ (a - mean_a))
    rotation = u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt
    position = mean_a - rotation.T @ mean_b
    rest = (a - position) @ rotation.T - b
    return rotation, position, float(np.sqrt((rest**2).sum(-1).mean()))


def camera_to_dict(camera: Camera) -> dict[str, Any]:
    """Plain numbers, names with units: what JSON, YAML and Parquet can hold."""
    return {
        "camera": camera.name,
        "projection": camera.projection,
        "width_px": int(camera.width),
        "height_px": int(camera.height),
        "focal_px": _numbers(camera.focal),
        "center_px": _numbers(camera.center),
        "radial_distortion": _numbers(camera.radial),
        "tangential_distortion": _numbers(camera.tangential),
        "rotation_world_to_camera": _numbers(camera.rotation),
        "position_world_m": _numbers(camera.position),
    }


def camera_from_dict(record: Mapping[str, Any]) -> Camera:
    """Inverse of `camera_to_dict`; the rotation may be nested or flat, row by row."""
    try:
        fields = {name: _array(record[key], shape, key) for name, (key, shape) in _ARRAY_FIELDS.items()}
        name, width, height = str(record["camera"]), int(record["width_px"]), int(record["height_px"])
        return Camera(name, width, height, projection=_projection(record), **fields)
    except KeyError as error:
        raise InputError(f"camera: field {error} is missing") from error


_ARRAY_FIELDS = {
    "focal": ("focal_px", (2,)),
    "center": ("center_px", (2,)),
    "radial": ("radial_distortion", (3,)),
    "tangential": ("tangential_distortion", (2,)),
    "rotation": ("rotation_world_to_camera", (3, 3)),
    "position": ("position_world_m", (3,)),
}


def _projection(record: Mapping[str, Any]) -> str:
    projection = record.get("projection", "perspective")
    if projection not in PROJECTIONS:
        raise InputError(f"camera: projection '{projection}' is not one of {', '.join(PROJECTIONS)}")
    return projection


def _array(value: Any, shape: tuple[int, ...], key: str) -> np.ndarray:
    try:
        return np.asarray(value, dtype=np.float64).reshape(shape)
    except (TypeError, ValueError) as error:
        raise InputError(f"camera: {key}: expected {' x '.join(map(str, shape))} numbers") from error


def _numbers(array: np.ndarray) -> list[float]:
    return [float(value) for value in np.ravel(array)]


def _distort(screen: np.ndarray, camera: Camera) -> np.ndarray:
    squared = (screen * screen).sum(-1, keepdims=True)
    powers = np.concatenate([squared, squared**2, squared**3], axis=-1)
    radial = (powers * camera.radial).sum(-1, keepdims=True)
    tangential = (screen * camera.tangential).sum(-1, keepdims=True)
    return screen * (1 + radial + tangential) + camera.tangential * squared


def _float_dtype(values: np.ndarray) -> np.dtype:
    dtype = np.asarray(values).dtype
    return dtype if dtype.kind == "f" else np.dtype(np.float64)
