"""Acclaim motion files (`.amc` with their `.asf`), as the CMU database gives them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.io.asfamc import find_asf, read_amc, read_asf
from posecap.readers.motion_files import Motion, MotionFiles, Views, find_motions, patterns
from posecap.skeletons import load_skeleton
from posecap.upright import up_to_z


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    fps: float = 120.0,
    every: int = 2,
    skeleton: str = "h36m17",
    test: str | tuple[str, ...] | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> MotionFiles:
    """All `.amc` files below `root` (or the one file `root`), as 17 joints in metres, Z up, on the floor.

    fps: the files' own rate (they do not tell; CMU: 120); every: keep each `every`-th frame, so that
    the default gives 60 frames a second; skeleton: h36m17, or one whose joints are bones of the files
    (cmu31); test: key patterns of the test split.
    """
    if every < 1 or fps <= 0:
        raise InputError(f"asfamc: expected every >= 1 and fps > 0, found {every} and {fps:g}")
    load = partial(read_motion, fps=float(fps), every=int(every), skeleton=skeleton)
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    files = find_motions(root, (".amc",), "asfamc")
    count = partial(count_frames, every=int(every))
    name = load_skeleton(skeleton).name
    return MotionFiles(load_dataset_manifest("asfamc"), name, files, load, count, views, patterns(test))


def read_motion(path: Path, fps: float = 120.0, every: int = 2, skeleton: str = "h36m17") -> Motion:
    """One motion; the floor is the 1st percentile of the lowest of all joints, toes included."""
    asf = read_asf(find_asf(path))
    points = up_to_z(read_amc(path, asf), "y")
    wanted = _bones_of(skeleton)
    missing = [bone for bones in wanted for bone in bones if bone not in asf.joints]
    if missing:
        raise InputError(f"{find_asf(path)}: has no bone '{missing[0]}', which skeleton {skeleton} needs")
    floor = np.percentile(points[..., 2].min(axis=1), 1)
    groups = [[asf.joints.index(bone) for bone in bones] for bones in wanted]
    joints = np.stack([points[:, group].mean(axis=1) for group in groups], axis=1) - [0, 0, floor]
    told = f"{path.name}, every {every}. frame"
    return Motion(joints[::every].astype(np.float32), fps / every, source=told)


def _bones_of(skeleton: str) -> tuple[tuple[str, ...], ...]:
    """For each joint, the bone whose far end it is, or the bones in whose ends' middle it lies."""
    if skeleton == "h36m17":
        return load_skeleton("cmu31").h36m17 or ()
    return tuple((bone,) for bone in load_skeleton(skeleton).joints)


def count_frames(path: Path, every: int = 2) -> int:
    """Number of frames that are kept."""
    with path.open(encoding="utf-8", errors="replace") as file:
        total = sum(line.strip().isdigit() for line in file)
    return -(-total // every)
