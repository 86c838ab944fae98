"""Plain files of 3D joints: `.npy`, `.npz`, `.csv` and `.parquet` with named columns, `.json`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.io import read_poses
from posecap.readers.motion_files import Motion, MotionFiles, Views, find_motions, patterns
from posecap.skeletons import load_skeleton
from posecap.upright import AXES, up_to_z

SUFFIXES = (".npy", ".npz", ".csv", ".parquet", ".json")


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    skeleton: str = "h36m17",
    fps: float = 50.0,
    scale: float = 1.0,
    up: str = "z",
    test: str | tuple[str, ...] | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> MotionFiles:
    """All pose files below `root` (or the one file `root`), each (frames, joints, 3) or a table.

    skeleton: whose joints they are; fps: their rate, which such files do not tell; scale: metres a
    unit; up: the axis that points up; test: key patterns of the test split.
    """
    if up not in AXES:
        raise InputError(f"poses: up is '{up}', expected one of {', '.join(AXES)}")
    if fps <= 0 or scale <= 0:
        raise InputError(f"poses: expected fps and scale above 0, found {fps:g} and {scale:g}")
    load = partial(read_motion, skeleton=skeleton, fps=float(fps), scale=float(scale), up=up)
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    files = find_motions(root, SUFFIXES, "poses")
    manifest = load_dataset_manifest("poses")
    count = partial(count_frames, skeleton=skeleton)
    return MotionFiles(manifest, load_skeleton(skeleton).name, files, load, count, views, patterns(test))


def read_motion(path: Path, skeleton: str, fps: float, scale: float, up: str) -> Motion:
    """One file; InputError where its number of joints is not the skeleton's."""
    joints = read_poses(path, skeleton)
    expected = load_skeleton(skeleton).num_joints
    if joints.shape[1] != expected:
        raise InputError(f"{path}: has {joints.shape[1]} joints, but skeleton {skeleton} has {expected}")
    return Motion((up_to_z(joints, up) * scale).astype(np.float32), fps)


def count_frames(path: Path, skeleton: str) -> int:
    """Number of frames."""
    return len(read_poses(path, skeleton))
