"""Human3.6M from MotionBERT's pickle: stacked-hourglass detections and 2.5D poses, by video.

The poses are pixels in the image and pixel-like units in depth. Millimetres a unit are in the file
for test videos (`2.5d_factor`); for training videos they come from the bone lengths that the data
set's manifest states, so those bodies have about the right size, not their own. A pose is placed at
the depth at which the published camera sees that scale, and turned into the world.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from posecap.cameras import Camera, camera_to_world
from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError, unknown_name
from posecap.io import read_pickle
from posecap.readers.h36m_names import ACTION_NUMBERS, camel_to_words
from posecap.sequences import Label, Sequence, View
from posecap.skeletons import load_skeleton

FILE = "h36m_sh_conf_cam_source_final.pkl"
SOURCES = ("gt", "sh")
PROTOCOLS = ("all", "motionbert")
LEFT_OUT = ("s_09_act_05_subact_02", "s_09_act_10_subact_02", "s_09_act_13_subact_01")


@dataclass(frozen=True)
class _Video:
    part: str
    code: str
    start: int
    end: int


class MotionBert:
    """Sequences "S9/Greeting 2/54138969": one video, seen by its own camera only."""

    name = "h36m"
    skeleton = "h36m17"

    def __init__(self, root: Path, keypoints: tuple[str, ...], protocol: str = "all") -> None:
        for source in keypoints:
            if source not in SOURCES:
                raise unknown_name("2D source", source, SOURCES)
        self.manifest = load_dataset_manifest("h36m")
        self._path, self._sources = root / FILE, keypoints
        self._parts = _read_parts(self._path)
        left_out = LEFT_OUT if protocol == "motionbert" else ()
        self._videos = {
            self._key(video): video
            for part, rows in self._parts.items()
            for video in _videos(part, rows["source"])
            if not video.code.startswith(left_out)
        }

    def keys(self) -> list[str]:
        return list(self._videos)

    def num_frames(self, key: str) -> int:
        video = self._found(key)
        return video.end - video.start

    def read(self, key: str) -> Sequence:
        video = self._found(key)
        rows = {name: values[video.start : video.end] for name, values in self._parts[video.part].items()}
        subject, recording, name = key.split("/")
        camera = self._camera(key, subject, name)
        action = recording.rsplit(" ", 1)[0]
        pose = rows["joint3d_image"].astype(np.float64)
        scale, how = self._scale(pose, rows.get("2.5d_factor"))
        joints = camera_to_world(_to_camera(pose, scale, camera), camera).astype(np.float32)
        views = {"gt": (pose[..., :2], np.ones(pose.shape[:2])), "sh": (rows["joint_2d"], rows["confidence"])}
        return Sequence(
            key=key,
            subject=subject,
            action=action,
            split=self.manifest.split_of(subject),
            fps=float(self.manifest.fps or 50),
            joints=joints,
            up="z",
            source=f"{FILE}, {how}",
            labels=(Label(camel_to_words(action), 0, len(joints)),),
            cameras=(camera,),
            views={source: {name: _view(*views[source])} for source in self._sources},
        ).check()

    def _found(self, key: str) -> _Video:
        if key not in self._videos:
            raise unknown_name("sequence", key, self._videos)
        return self._videos[key]

    def _key(self, video: _Video) -> str:
        match = re.match(r"s_(\d+)_act_(\d+)_subact_(\d+)", video.code)
        if not match or int(match[2]) not in ACTION_NUMBERS:
            raise InputError(
                f"{self._path}: '{video.code}' is not a code such as s_09_act_05_subact_02_ca_01"
            )
        camera = str(self._parts[video.part]["camera_name"][video.start])
        return f"S{int(match[1])}/{ACTION_NUMBERS[int(match[2])]} {int(match[3])}/{camera}"

    def _camera(self, key: str, subject: str, name: str) -> Camera:
        for camera in self.manifest.subject_cameras(subject):
            if camera.name == name:
                return camera
        raise InputError(f"{self._path}: {key}: camera {name} is not one of Human3.6M's")

    def _scale(self, pose: np.ndarray, factor: np.ndarray | None) -> tuple[np.ndarray, str]:
        """(T,) metres a unit, and how they were found."""
        if factor is not None:
            return factor.reshape(-1).astype(np.float64) / 1000, "scale from 2.5d_factor"
        parents = np.array(load_skeleton("h36m17").parents[1:])
        lengths = np.linalg.norm(pose[:, 1:] - pose[:, parents], axis=-1).sum(axis=1)
        stated = sum(self.manifest.bone_lengths.values())
        return stated / np.maximum(lengths, 1e-9), "scale from stated bone lengths"


def _to_camera(pose: np.ndarray, scale: np.ndarray, camera: Camera) -> np.ndarray:
    """(T, 17, 3) metres in the camera's frame; the root where the camera sees it at that scale."""
    focal = camera.focal.mean()
    root = np.empty((len(pose), 3))
    root[:, 2] = scale * focal
    root[:, :2] = (pose[:, 0, :2] - camera.center) / camera.focal * root[:, 2:]
    return (pose - pose[:, :1]) * scale[:, None, None] + root[:, None]


def _view(pose_2d: np.ndarray, confidence: np.ndarray) -> View:
    confidence = confidence.reshape(pose_2d.shape[:2]).astype(np.float32)
    return View(pose_2d=pose_2d.astype(np.float32), confidence=np.clip(confidence, 0, 1))


def _videos(part: str, codes: np.ndarray) -> list[_Video]:
    """Runs of equal codes, in the file's order."""
    bounds = [0, *(np.flatnonzero(codes[1:] != codes[:-1]) + 1).tolist(), len(codes)]
    return [_Video(part, str(codes[start]), start, end) for start, end in pairwise(bounds) if end > start]


def _read_parts(path: Path) -> dict[str, dict[str, np.ndarray]]:
    content = read_pickle(path)
    if not isinstance(content, dict) or not {"train", "test"} & set(content):
        raise InputError(f"{path}: has neither train nor test")
    return {part: _rows(path, part, content.pop(part)) for part in ("train", "test") if part in content}


def _rows(path: Path, part: str, rows: Any) -> dict[str, np.ndarray]:
    shapes = {"joint_2d": (17, 2), "joint3d_image": (17, 3), "camera_name": (), "source": ()}
    found = {}
    for name, shape in shapes.items():
        if not isinstance(rows, dict) or name not in rows:
            raise InputError(f"{path}: {part} has no '{name}'")
        found[name] = _column(path, f"{part}: {name}", rows[name], shape)
    num_rows = len(found["source"])
    found["confidence"] = np.ones((num_rows, 17), np.float32)
    for name, size in (("confidence", 17), ("2.5d_factor", 1)):
        if name in rows:
            found[name] = np.asarray(rows[name])
            if found[name].dtype.kind not in "fiu" or found[name].size != num_rows * size:
                raise InputError(f"{path}: {part}: {name}: found {found[name].shape} for {num_rows} frames")
            found[name] = found[name].reshape(num_rows, size)
    lengths = {len(values) for values in found.values()}
    if len(lengths) > 1:
        raise InputError(f"{path}: {part}: columns of {' and '.join(map(str, sorted(lengths)))} rows")
    return found


def _column(path: Path, name: str, values: Any, shape: tuple[int, ...]) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{path}: {name}: rows of different shapes") from error
    if array.shape[1 : 1 + len(shape)] != shape[: array.ndim - 1] or array.ndim != 1 + len(shape):
        raise InputError(
            f"{path}: {name}: expected (frames{''.join(f', {n}' for n in shape)}), found {array.shape}"
        )
    if shape and array.dtype.kind not in "fiu":
        raise InputError(f"{path}: {name}: expected numbers, found {array.dtype}")
    return array
