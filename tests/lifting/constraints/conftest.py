"""Poses for tests: standing figures with joints moved at random, seen by a tilted camera."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from posecap.skeletons import load_skeleton

LEG = ("hip", "knee", "ankle", "foot")
Scene = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="session")
def camera_poses() -> Callable[..., Scene]:
    """A function (num, skeleton name, seed) to (N, J, 3) poses and (3,) up, in camera coordinates."""
    return make_camera_poses


def make_camera_poses(num: int, name: str = "h36m17", seed: int = 0) -> Scene:
    """(N, J, 3) metres in camera coordinates (x right, y down, z away), and (3,) up in them."""
    rng, skeleton = np.random.default_rng(seed), load_skeleton(name)
    poses = np.zeros((num, skeleton.num_joints, 3))
    for joint, parent in enumerate(skeleton.parents):
        if parent >= 0:
            down = any(part in skeleton.joints[joint] for part in LEG)
            bone = rng.normal(size=(num, 3)) + np.array([0, 0.7 if down else -0.7, 0])
            poses[:, joint] = poses[:, parent] + 0.3 * bone / np.linalg.norm(bone, axis=-1, keepdims=True)
    tilt = np.radians(20)
    return poses + np.array([0.1, 0.2, 4.0]), np.array([0.0, -np.cos(tilt), -np.sin(tilt)])
