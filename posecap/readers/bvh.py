"""BVH files of any skeleton: which joint is which, the unit and the up axis are found out, or given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.figures import Figure
from posecap.io.bvh import Bvh
from posecap.io.bvh_parser import read_bvh
from posecap.joint_names import guess_landmarks
from posecap.readers.motion_files import Motion, MotionFiles, Views, find_motions, keep_every, patterns
from posecap.skeletons import Skeleton, load_skeleton
from posecap.upright import Upright, find_upright

Roles = str | Mapping[str, str] | None


@dataclass(frozen=True)
class Given:
    """What the user says about files, before anything is guessed; see `open_dataset`."""

    scale: float | None = None
    up: str | None = None
    mirror: bool | None = None
    roles: Mapping[str, str] | None = None


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: Roles = None,
    fps: float | None = None,
    skeleton: str = "h36m17",
    test: str | tuple[str, ...] | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> MotionFiles:
    """All `.bvh` files below `root` (or the one file `root`), as 17 joints in metres, Z up, on the floor.

    scale: metres a unit; up: "y", "z", "-y", ...; mirror: whether the axes are left-handed; roles:
    landmarks to joint names where names do not tell, "left_knee=Knee_01,right_knee=Knee_02"; fps: frames
    are dropped, one in so many, to come near this rate; skeleton: another skeleton (a shipped one or a
    `.yaml` file) whose joints have the files' joint names; test: key patterns of the test split.
    """
    given = Given(scale, up, mirror, _parse_roles(roles))
    load = partial(read_motion, given=given, skeleton=skeleton, fps=fps)
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    files = find_motions(root, (".bvh",), "bvh")
    count = partial(count_frames, fps=fps)
    name = load_skeleton(skeleton).name
    return MotionFiles(load_dataset_manifest("bvh"), name, files, load, count, views, patterns(test))


def read_motion(
    path: Path,
    given: Given = Given(),
    skeleton: str = "h36m17",
    fps: float | None = None,
) -> Motion:
    """One file as joints of `skeleton`, metres, Z up; InputError says what to add where it stays open."""
    bvh = read_bvh(path)
    figure, found = _find_out(bvh, path, given)
    points = figure.h36m17()
    if skeleton != "h36m17":
        points = figure.positions[:, _same_names(bvh, load_skeleton(skeleton), path)]
    told = f"{path.name}: {found.up} up, 1 unit = {found.metres_per_unit:g} m, {found.stature:.2f} m tall"
    every = keep_every(bvh.fps, fps)
    return Motion(found.place(points[::every]), bvh.fps / every, source=told)


def describe(
    path: str | Path,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: Roles = None,
) -> dict[str, Any]:
    """What is found out about a file: unit, up axis, stature and the joint taken for each landmark.

    The options are those of `open_dataset`.
    """
    path = Path(path)
    bvh = read_bvh(path)
    figure, found = _find_out(bvh, path, Given(scale, up, mirror, _parse_roles(roles)))
    marks = figure.landmarks
    return {
        "file": path.name,
        "frames": len(bvh.motion),
        "fps": bvh.fps,
        "joints": len(bvh.names),
        "unit": found.unit,
        "metres_per_unit": found.metres_per_unit,
        "up": found.up,
        "height_m": round(found.stature, 2),
        "landmarks": {landmark: bvh.names[index] for landmark, index in marks.joints.items()},
        "spine": [bvh.names[index] for index in marks.spine],
    }


def count_frames(path: Path, fps: float | None = None) -> int:
    """Number of frames that are kept, by the lines that say so; 0 where there are none."""
    said: dict[str, float] = {}
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            found = re.match(
                r"\s*(Frames|Frame Time):\s*(\d+\.?\d*(?:[eE]-?\d+)?)\s*$", line, flags=re.IGNORECASE
            )
            if found:
                said[found[1].lower()] = float(found[2])
            if len(said) == 2:
                break
    num_frames, frame_time = said.get("frames", 0), said.get("frame time", 0)
    if not (0 < num_frames < 1e9 and frame_time > 0):
        return 0
    return -(-int(num_frames) // keep_every(1 / frame_time, fps))


def _find_out(bvh: Bvh, path: Path, given: Given) -> tuple[Figure, Upright]:
    positions, ends = bvh.positions()
    marks = guess_landmarks(bvh.names, bvh.parents, given.roles, path.name)
    figure = Figure(positions, ends, marks, bvh.parents, path.name, _rest(bvh), _own_joints(bvh))
    return figure, find_upright(figure, given.scale, given.up, given.mirror)


def _own_joints(bvh: Bvh) -> list[int] | None:
    """Indices of the 17 joints in a file that this package wrote, by their exact names; else None."""
    names = [
        "".join(part.capitalize() for part in name.split("_")) for name in load_skeleton("h36m17").joints
    ]
    return [bvh.names.index(name) for name in names] if set(names) <= set(bvh.names) else None


def _rest(bvh: Bvh) -> np.ndarray:
    """(J, 3) the joints with all rotations zero."""
    places = np.zeros_like(bvh.offsets)
    for joint, parent in enumerate(bvh.parents):
        if parent >= 0:
            places[joint] = places[parent] + bvh.offsets[joint]
    return places


def _same_names(bvh: Bvh, target: Skeleton, path: Path) -> list[int]:
    """Index in the file of each of the target's joints; letter case and separators do not count."""
    known = {_plain(name): index for index, name in enumerate(bvh.names)}
    missing = [name for name in target.joints if _plain(name) not in known]
    if missing:
        raise InputError(f"{path}: has no joint '{missing[0]}', which skeleton {target.name} asks for")
    return [known[_plain(name)] for name in target.joints]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", re.sub(r"^.*[:|]", "", name).lower())


def _parse_roles(roles: Roles) -> dict[str, str]:
    if roles is None or isinstance(roles, Mapping):
        return dict(roles or {})
    pairs = [pair.partition("=") for pair in roles.split(",") if pair.strip()]
    bad = [landmark for landmark, sign, joint in pairs if not sign or not joint.strip()]
    if bad:
        raise InputError(f"roles: expected LANDMARK=JOINT,..., found '{bad[0]}'")
    return {landmark.strip(): joint.strip() for landmark, _, joint in pairs}
