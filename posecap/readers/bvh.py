"""BVH files of any skeleton: which joint is which, the unit and the up axis are found out, or given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.figures import Figure
from posecap.io.bvh import Bvh
from posecap.io.bvh_parser import read_bvh
from posecap.joint_names import UnclearError, guess_landmarks
from posecap.readers.bvh_settings import Given, Roles, Settings, parse_given, read_per_file
from posecap.readers.motion_files import (
    Motion,
    MotionFiles,
    UnclearFileError,
    Views,
    find_motions,
    keep_every,
    patterns,
)
from posecap.skeletons import Skeleton, load_skeleton
from posecap.upright import Upright, find_upright


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: Roles = None,
    per_file: str | None = None,
    fps: float | None = None,
    skeleton: str = "h36m17",
    test: str | tuple[str, ...] | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> MotionFiles:
    """All `.bvh` files below `root` (or the one file `root`), as 17 joints in metres, Z up, on the floor.

    scale: metres a unit; up: "y", "z", "-y", ...; mirror: whether the axes are left-handed; roles:
    landmarks to joint names where names do not tell, "left_knee=Knee_01,right_knee=Knee_02"; per_file: a
    YAML file of file patterns, each with the scale, up, mirror or roles of the files that fit; fps: frames
    are dropped, one in so many, to come near this rate; skeleton: another skeleton (a shipped one or a
    `.yaml` file) whose joints have the files' joint names; test: key patterns of the test split.
    """
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    files, settings = _files(root, parse_given(scale, up, mirror, roles), per_file)
    load = _Loader(settings, tuple(files.values()), skeleton, fps)
    count = partial(count_frames, fps=fps)
    name = load_skeleton(skeleton).name
    return MotionFiles(load_dataset_manifest("bvh"), name, files, load, count, views, patterns(test))


def _files(root: Path | None, common: Given, per_file: str | None) -> tuple[dict[str, Path], Settings]:
    files = find_motions(root, (".bvh",), "bvh")
    settings = Settings(root or Path(), common, read_per_file(per_file))
    settings.check(list(files.values()))
    return files, settings


@dataclass(frozen=True)
class _Loader:
    """Reads one file; where that stays unclear, tells of all the other files that do, too."""

    settings: Settings
    files: tuple[Path, ...]
    skeleton: str = "h36m17"
    fps: float | None = None
    _open: dict[Path, str] = field(default_factory=dict, compare=False)

    def __call__(self, path: Path) -> Motion:
        try:
            return look_at(path, self.settings.of(path)).motion(self.skeleton, self.fps)
        except UnclearError as error:
            self._open.update(self._open or self._survey())
            if len(self._open) < 2:
                raise
            told = ", ".join(f"{other.name} ({short})" for other, short in self._open.items())
            raise UnclearFileError(
                f"{len(self._open)} of {len(self.files)} BVH files stay unclear: {told}; "
                "add what is asked as options, or file by file in a YAML file (per_file=FILE)",
                error,
            ) from error

    def _survey(self) -> dict[Path, str]:
        found = {}
        for path in self.files:
            try:
                look_at(path, self.settings.of(path))
            except UnclearError as error:
                found[path] = error.short
            except InputError:
                continue  # damaged: told when its turn comes
        return found


@dataclass(frozen=True)
class Look:
    """One file, and what was found out about it."""

    path: Path
    bvh: Bvh
    figure: Figure
    upright: Upright

    def motion(self, skeleton: str = "h36m17", fps: float | None = None) -> Motion:
        """Joints of `skeleton`, metres, Z up."""
        found = self.upright
        if skeleton == "h36m17":
            points = self.figure.h36m17()
        else:
            points = self.figure.positions[:, _same_names(self.bvh, load_skeleton(skeleton), self.path)]
        told = f"{self.path.name}: {found.up} up, 1 unit = {found.metres_per_unit:g} m"
        every = keep_every(self.bvh.fps, fps)
        return Motion(
            found.place(points[::every]),
            self.bvh.fps / every,
            source=f"{told}, {found.stature:.2f} m tall",
        )

    def facts(self) -> dict[str, Any]:
        """Unit, up axis, stature and the joint taken for each landmark."""
        found, names, marks = self.upright, self.bvh.names, self.figure.landmarks
        return {
            "file": self.path.name,
            "frames": len(self.bvh.motion),
            "fps": self.bvh.fps,
            "joints": len(names),
            "unit": found.unit,
            "metres_per_unit": found.metres_per_unit,
            "up": found.up,
            "height_m": round(found.stature, 2),
            "landmarks": {landmark: names[index] for landmark, index in marks.joints.items()},
            "spine": [names[index] for index in marks.spine],
        }


def look_at(path: Path, given: Given = Given()) -> Look:
    """One file; InputError says what to add where something stays open."""
    bvh = read_bvh(path)
    positions, ends = bvh.positions()
    marks = guess_landmarks(bvh.names, bvh.parents, given.roles, path.name)
    figure = Figure(positions, ends, marks, bvh.parents, path.name, _rest(bvh), _own_joints(bvh))
    return Look(path, bvh, figure, find_upright(figure, given.scale, given.up, given.mirror))


def describe(
    path: str | Path,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: Roles = None,
) -> dict[str, Any]:
    """What is found out about one file (`Look.facts`); the options are those of `open_dataset`."""
    return look_at(Path(path), parse_given(scale, up, mirror, roles)).facts()


def survey(
    root: Path | None,
    *,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: Roles = None,
    per_file: str | None = None,
) -> list[dict[str, Any]]:
    """One row a file below `root`: what is found out about it, or what stays open."""
    files, settings = _files(root, parse_given(scale, up, mirror, roles), per_file)
    rows = []
    for key, path in files.items():
        row: dict[str, Any] = dict.fromkeys(("frames", "fps", "joints", "unit", "up", "height_m"))
        try:
            facts = look_at(path, settings.of(path)).facts()
            row |= {name: facts[name] for name in row}
            problem = ""
        except InputError as error:
            problem = getattr(error, "short", "") or str(error)
        rows.append({"sequence": key, **row, "stays open": problem})
    return rows


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
