"""Videos of which nothing but 2D keypoints is known: sequences without 3D, of a subject of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lifting.data.sources import SequenceData, SequenceInfo, ViewData, normalize_2d
from posecap.errors import InputError
from posecap.keypoints import Keypoints, Person, read_keypoints
from posecap.shards.hashing import file_sha256

CAMERA = "camera"
UNKNOWN_UP = (float("nan"),) * 3


@dataclass(frozen=True)
class Track:
    """One person of a video as a sequence, whose first frame is frame `start` of the video's frames."""

    info: SequenceInfo
    data: SequenceData
    start: int
    video_frames: int


@dataclass(frozen=True)
class Videos:
    """Tracks of some files; `records` say of each (in JSON's types) what was read and filled in."""

    tracks: tuple[Track, ...]
    records: tuple[dict[str, Any], ...] = ()

    @property
    def report(self) -> list[str]:
        """What was filled in or guessed, line by line."""
        return [f"{record['name']}: {line}" for record in self.records for line in record["report"]]

    @property
    def subjects(self) -> tuple[str, ...]:
        """Whom they show: a subject a file."""
        return tuple(dict.fromkeys(track.info.subject for track in self.tracks))


@dataclass(frozen=True)
class _Camera:
    """What is told of the camera of videos; None is not known."""

    up: tuple[float, float, float] | None
    focal: float | None

    def intrinsics(self, width: int) -> np.ndarray | None:
        """(9,) in the units of normalised 2D, the principal point in the middle of the image."""
        if self.focal is None:
            return None
        return np.array([2 * self.focal / width] * 2 + [0.0] * 7)


def read_videos(
    paths: Sequence[Path],
    *,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    layout: str | None = None,
    weights: Path | None = None,
    up: tuple[float, float, float] | None = None,
    focal: float | None = None,
) -> Videos:
    """The people of files (or folders) of any format of `posecap.keypoints`.

    A file's subject is its name without the ending; the sequence of its only person is called so too,
    those of several people NAME/1, NAME/2, ..., the one seen longest first.

    Args:
        paths: at least one; no two of one name.
        size, fps, layout, weights: see `read_keypoints`; for all files, before what they tell themselves.
        up: direction against gravity in the camera's axes (x right, y down, z away); None where it is not
            known: statements that need it then teach nothing.
        focal: focal length in pixels of all files, the principal point in the middle; None where it is not
            known: poses are then scaled onto their 2D.

    InputError for a file that is not fit, does not tell its frame rate, or has the name of another.
    """
    camera = _Camera(up, focal)
    length = 1.0 if up is None else float(np.linalg.norm(up))
    if not np.isfinite(length) or length == 0:
        raise InputError(f"up of a video: {up} is no direction")
    if focal is not None and not 0 < focal < np.inf:
        raise InputError(f"focal length of a video: {focal:g} pixels are none")
    tracks: list[Track] = []
    records: list[dict[str, Any]] = []
    for path in paths:
        found = read_keypoints(path, size=size, fps=fps, layout=layout, weights=weights)
        name = _name(path)
        if any(record["name"] == name for record in records):
            raise InputError(f"{path}: another video is called '{name}' too, rename one")
        own = _tracks(name, path, found, camera)
        tracks += own
        records.append(_record(name, path, found, camera, own))
    return Videos(tuple(tracks), tuple(records))


def _name(path: Path) -> str:
    path = path.absolute()
    return path.name if path.is_dir() else path.stem


def _tracks(name: str, path: Path, found: Keypoints, camera: _Camera) -> list[Track]:
    fps, alone = _rate(path, found), len(found.people) == 1
    tracks = []
    for number, person in enumerate(found.people, start=1):
        key = name if alone else f"{name}/{number}"
        info = SequenceInfo(key, name, "", "train", fps, person.num_frames, (CAMERA,), has_3d=False)
        tracks.append(Track(info, _data(person, found, camera), person.start, found.num_frames))
    return tracks


def _rate(path: Path, found: Keypoints) -> float:
    if found.fps is None:
        raise InputError(f"{path}: does not tell its frame rate; give frames a second (--video-fps)")
    return float(found.fps)


def _data(person: Person, found: Keypoints, camera: _Camera) -> SequenceData:
    """The world is the camera's frame."""
    pose_2d = normalize_2d(person.pose_2d, person.confidence, found.width, found.height)
    view = ViewData(CAMERA, pose_2d, np.eye(3), np.zeros(3), intrinsics=camera.intrinsics(found.width))
    return SequenceData(None, (view,), up=camera.up or UNKNOWN_UP)


def _record(name: str, path: Path, found: Keypoints, camera: _Camera, tracks: list[Track]) -> dict[str, Any]:
    return {
        "name": name,
        "sha256": content_sha256(path),
        "size": [found.width, found.height],
        "fps": _rate(path, found),
        "layout": found.layout,
        "up": None if camera.up is None else [float(value) for value in camera.up],
        "focal": camera.focal,
        "sequences": [track.info.key for track in tracks],
        "report": list(found.report),
    }


def content_sha256(path: Path) -> str:
    """Of a file's bytes; of a folder's file names and bytes, in the order of the names."""
    if not path.is_dir():
        return file_sha256(path)
    files = sorted(file for file in path.iterdir() if file.is_file())
    listed = "".join(f"{file_sha256(file)}  {file.name}\n" for file in files)
    return hashlib.sha256(listed.encode()).hexdigest()
