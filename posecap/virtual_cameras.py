"""Cameras for motion that has no images: a Human3.6M-like ring, or orthographic views; and what they see."""

from __future__ import annotations

from dataclasses import replace
from zlib import crc32

import numpy as np

from posecap.cameras import PROJECTIONS, Camera, project, world_to_camera
from posecap.detections import simulate_detections
from posecap.errors import InputError, unknown_name
from posecap.quality import hold, is_somewhere
from posecap.sequences import Sequence, View
from posecap.skeletons import Skeleton, load_skeleton

SOURCES = ("gt", "sim")
_SIZE = 1000
_FOCAL = 1145.0
_MARGIN = 30
_DISTANCE = 5.0


def look_at(position: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """(3, 3) world-to-camera rotation of a camera at `position` that looks at `target`; roll in degrees.

    Rows are the camera's axes in the world: right, down, forward. The world has Z up.
    """
    forward = np.asarray(target, float) - np.asarray(position, float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(forward, right)
    c, s = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    return np.stack([c * right + s * down, c * down - s * right, forward])


def see_by_virtual_cameras(
    sequence: Sequence,
    keypoints: tuple[str, ...] = ("gt",),
    num_cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> Sequence:
    """The sequence with virtual cameras and 2D sources: "gt" exact, "sim" with detector errors.

    A pure function of its arguments: cameras and errors depend on the seed and the sequence's key and
    motion, nothing else. InputError for an unknown source or projection, and for a motion with no
    known up axis.
    """
    check_views(keypoints, num_cameras, projection)
    if sequence.up != "z":
        raise InputError(f"{sequence.key}: virtual cameras need motion with z up, found up={sequence.up}")
    skeleton = load_skeleton(sequence.skeleton)
    joints = _held(sequence)
    place = _ring if projection == "perspective" else _orthographic
    rng = np.random.default_rng([seed, crc32(sequence.key.encode())])
    cameras = place(joints, skeleton, num_cameras, rng)
    exact = np.stack([project(world_to_camera(joints, camera), camera) for camera in cameras])
    made = {"gt": (exact, np.ones(exact.shape[:-1], np.float32))}
    if "sim" in keypoints:
        made["sim"] = simulate_detections(exact, skeleton, sequence.fps, sequence.key, seed)
    views = {
        source: {camera.name: View(*pair) for camera, *pair in zip(cameras, *made[source], strict=True)}
        for source in keypoints
    }
    told = f"{sequence.source}; {num_cameras} virtual {projection} cameras, seed {seed}"
    return replace(sequence, cameras=cameras, views=views, source=told)


def _held(sequence: Sequence) -> np.ndarray:
    """The joints, lost frames held at the last that is not; whoever checks will find them."""
    placed = is_somewhere(sequence.joints)
    if not placed.any():
        raise InputError(f"{sequence.key}: no frame has finite joints")
    return hold(sequence.joints, placed)


def check_views(keypoints: tuple[str, ...], num_cameras: int, projection: str) -> None:
    """InputError unless virtual cameras can give these 2D sources in this projection."""
    for source in keypoints:
        if source not in SOURCES:
            raise unknown_name("2D source of virtual cameras", source, SOURCES)
    if projection not in PROJECTIONS:
        raise unknown_name("projection", projection, PROJECTIONS)
    if not 1 <= num_cameras <= 64:
        raise InputError(f"expected 1 to 64 virtual cameras, found {num_cameras}")


def _ring(
    joints: np.ndarray, skeleton: Skeleton, num_cameras: int, rng: np.random.Generator
) -> tuple[Camera, ...]:
    """Cameras on a circle, head high, as near as Human3.6M's (5 m) or as far as the whole motion needs."""
    centre = (joints.min((0, 1)) + joints.max((0, 1))) / 2
    start = rng.uniform(0, 360)
    cameras = []
    for index in range(num_cameras):
        azimuth = np.radians(start + 360 * index / num_cameras + rng.uniform(-12, 12))
        height, roll = joints[..., 2].min() + rng.uniform(1.3, 1.75), rng.uniform(-1, 1)
        distance = _DISTANCE * rng.uniform(0.92, 1.12)
        camera = _perspective(f"V{index + 1}", centre, azimuth, height, roll, distance)
        while not _sees_all(joints, camera):
            distance *= 1.08
            camera = _perspective(camera.name, centre, azimuth, height, roll, distance)
        cameras.append(camera)
    return tuple(cameras)


def _perspective(
    name: str, centre: np.ndarray, azimuth: float, height: float, roll: float, distance: float
) -> Camera:
    position = centre + distance * np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    position[2] = height
    return _camera(name, _FOCAL, position, look_at(position, centre, roll), "perspective")


def _sees_all(joints: np.ndarray, camera: Camera) -> bool:
    points = world_to_camera(joints, camera)
    pixels = project(points, camera)
    return bool(points[..., 2].min() > 1 and pixels.min() > _MARGIN and pixels.max() < _SIZE - _MARGIN)


def _orthographic(
    joints: np.ndarray, skeleton: Skeleton, num_cameras: int, rng: np.random.Generator
) -> tuple[Camera, ...]:
    """Level views at right angles: the first faces the body of the first frame, the second its left side."""
    left, right = skeleton.role_positions(joints[:1], ("left_hip", "right_hip"))[..., 0]
    across = right - left
    facing = np.arctan2(across[0], -across[1])
    centre = (joints.min((0, 1)) + joints.max((0, 1))) / 2
    reach = np.linalg.norm(joints - centre, axis=-1).max()
    scale = (_SIZE / 2 - _MARGIN) / max(reach, 1.0)
    turn = np.pi / 2 if num_cameras <= 4 else 2 * np.pi / num_cameras
    names = ("front", "left", "back", "right") if num_cameras <= 4 else ()
    cameras = []
    for index in range(num_cameras):
        angle = facing + turn * index
        position = centre + (reach + _DISTANCE) * np.array([np.cos(angle), np.sin(angle), 0.0])
        name = names[index] if names else f"O{index + 1}"
        cameras.append(_camera(name, scale, position, look_at(position, centre), "orthographic"))
    return tuple(cameras)


def _camera(name: str, focal: float, position: np.ndarray, rotation: np.ndarray, projection: str) -> Camera:
    return Camera(
        name=name,
        width=_SIZE,
        height=_SIZE,
        focal=np.array([focal, focal]),
        center=np.array([_SIZE / 2, _SIZE / 2]),
        radial=np.zeros(3),
        tangential=np.zeros(2),
        rotation=rotation,
        position=position,
        projection=projection,
    )
