"""Human3.6M from the pair of files that lifters exchange (VideoPose3D's layout).

`data_3d_h36m.npz`: positions_3d {subject: {action: (T, 32 or 17, 3) metres, world, z up}};
`data_2d_h36m_<source>.npz`: positions_2d {subject: {action: [one (T, 17, 2) pixels a camera]}};
`data_2d_h36m_<source>_conf.npz`, where it lies beside: confidences_2d, the same with (T, 17).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from posecap.cameras import Camera
from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError, unknown_name
from posecap.io import read_npz
from posecap.sequences import Label, Sequence, View

KEPT_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
OTHER_NAMES = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}  # the same actions, as S1's files call them
NUM_JOINTS = 17

Tree = dict[str, dict[str, Any]]


def open_dataset(root: Path | None, keypoints: tuple[str, ...] = ("gt",)) -> H36m:
    """The data set in the folder `root`, with 2D sources such as "gt" or "cpn_ft_h36m_dbb"."""
    if root is None:
        raise InputError("dataset h36m: needs a root, the folder in which data_3d_h36m.npz lies")
    return H36m(root, keypoints)


class H36m:
    """Sequences "S9/Walking 1"; every subject, action and camera is found at opening, or named."""

    name = "h36m"
    skeleton = "h36m17"

    def __init__(self, root: Path, keypoints: tuple[str, ...]) -> None:
        self.manifest = load_dataset_manifest("h36m")
        self._root, self._sources = root, keypoints
        self._joints = _read_joints(root / "data_3d_h36m.npz")
        self._cameras = {key.split("/")[0]: self._subject_cameras(key) for key in self._joints}
        self._views = {source: self._read_source(source) for source in keypoints}

    def __reduce__(self) -> tuple[Callable[..., H36m], tuple[Path, tuple[str, ...]]]:
        """Another process opens the files itself rather than being sent their content."""
        return H36m, (self._root, self._sources)

    def keys(self) -> list[str]:
        return list(self._joints)

    def num_frames(self, key: str) -> int:
        return len(self._found(key))

    def read(self, key: str) -> Sequence:
        joints = self._found(key)
        subject, recording = key.split("/", 1)
        cameras = self._cameras[subject]
        names = [camera.name for camera in cameras]
        views = {source: dict(zip(names, found[key], strict=True)) for source, found in self._views.items()}
        action = action_of(recording)
        return Sequence(
            key=key,
            subject=subject,
            action=action,
            split=self.manifest.split_of(subject),
            fps=float(self.manifest.fps or 50),
            joints=joints,
            up="z",
            source="data_3d_h36m.npz",
            labels=(Label(camel_to_words(action), 0, len(joints)),),
            cameras=cameras,
            views=views,
        ).check()

    def _found(self, key: str) -> np.ndarray:
        if key not in self._joints:
            raise unknown_name("sequence", key, self._joints)
        return self._joints[key]

    def _subject_cameras(self, key: str) -> tuple[Camera, ...]:
        return self.manifest.subject_cameras(key.split("/")[0])

    def _read_source(self, source: str) -> dict[str, list[View]]:
        path = self._root / f"data_2d_h36m_{source}.npz"
        if not path.is_file():
            raise unknown_name("2D source", source, found_sources(self._root))
        beside = self._root / f"data_2d_h36m_{source}_conf.npz"
        pixels = _read_tree(path, "positions_2d")
        confidences = _read_tree(beside, "confidences_2d") if beside.is_file() else None
        return {key: self._views_of(key, path, pixels, beside, confidences) for key in self._joints}

    def _views_of(
        self, key: str, path: Path, pixels: Tree, beside: Path, confidences: Tree | None
    ) -> list[View]:
        num_frames, cameras = len(self._joints[key]), self._cameras[key.split("/")[0]]
        tracks = _take_tracks(path, pixels, key, cameras, num_frames, (2, 3))
        if confidences is None:
            return [_view(track, track[..., 2] if track.shape[2] == 3 else None) for track in tracks]
        given = _take_tracks(beside, confidences, key, cameras, num_frames, (1,))
        return [_view(track, conf[..., 0]) for track, conf in zip(tracks, given, strict=True)]


def found_sources(root: Path) -> list[str]:
    """Names of the 2D sources whose files lie in `root`."""
    names = [path.stem.removeprefix("data_2d_h36m_") for path in sorted(root.glob("data_2d_h36m_*.npz"))]
    return [name for name in names if not name.endswith("_conf")]


def action_of(recording: str) -> str:
    """Action of a recording: its name without the number, under the name most subjects have."""
    name = re.sub(r"\s+\d+$", "", recording)
    return OTHER_NAMES.get(name, name)


def camel_to_words(name: str) -> str:
    """SittingDown -> sitting down."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _read_tree(path: Path, name: str) -> Tree:
    tree = read_npz(path, [name])[name]
    if not isinstance(tree, dict) or not all(isinstance(actions, dict) for actions in tree.values()):
        raise InputError(f"{path}: {name} is not a dictionary of subjects, each a dictionary of actions")
    return tree


def _read_joints(path: Path) -> dict[str, np.ndarray]:
    tree = _read_tree(path, "positions_3d")
    joints = {
        f"{subject}/{action}": _kept_joints(motion, f"{path}: {subject}/{action}")
        for subject, actions in tree.items()
        for action, motion in actions.items()
    }
    if not joints:
        raise InputError(f"{path}: holds no sequences")
    return joints


def _kept_joints(motion: Any, source: str) -> np.ndarray:
    shape = motion.shape if _is_numeric(motion) else None
    if shape is None or len(shape) != 3 or shape[1] not in (17, 32) or shape[2] != 3:
        found = shape if shape is not None else type(motion).__name__
        raise InputError(f"{source}: expected poses (frames, 32 or 17, 3), found {found}")
    kept = motion[:, KEPT_OF_32] if shape[1] == 32 else motion
    return np.ascontiguousarray(kept, dtype=np.float32)


def _take_tracks(
    path: Path, tree: Tree, key: str, cameras: tuple[Camera, ...], num_frames: int, channels: tuple[int, ...]
) -> list[np.ndarray]:
    """The tracks of one sequence, (num_frames, 17, channels) each; what is longer is cut at its end."""
    subject, action = key.split("/", 1)
    for level, name in ((tree, subject), (tree.get(subject, {}), action)):
        if name not in level:
            raise InputError(f"{path}: has no {key}, which the 3D file has ('{name}' is missing)")
    tracks = tree[subject][action]
    if not isinstance(tracks, (list, tuple, np.ndarray)):
        raise InputError(f"{path}: {key}: expected one track a camera, found {type(tracks).__name__}")
    if len(tracks) < len(cameras):
        raise InputError(f"{path}: {key}: camera {cameras[len(tracks)].name} is missing")
    return [
        _checked_track(track, f"{path}: {key}, camera {camera.name}", num_frames, channels)
        for track, camera in zip(tracks, cameras, strict=False)
    ]


def _checked_track(track: Any, source: str, num_frames: int, channels: tuple[int, ...]) -> np.ndarray:
    shape = track.shape if _is_numeric(track) else None
    if shape is not None and channels == (1,) and len(shape) == 2:
        track, shape = track[..., None], (*shape, 1)
    if shape is None or len(shape) != 3 or shape[1] != NUM_JOINTS or shape[2] not in channels:
        expected = "(frames, 17)" if channels == (1,) else "(frames, 17, 2)"
        found = shape if shape is not None else type(track).__name__
        raise InputError(f"{source}: expected {expected}, found {found}")
    if shape[0] < num_frames:
        raise InputError(f"{source}: {shape[0]} frames of 2D, but {num_frames} of 3D")
    return track[:num_frames].astype(np.float32, copy=False)


def _view(track: np.ndarray, confidence: np.ndarray | None) -> View:
    if confidence is None:
        confidence = np.broadcast_to(np.float32(1), track.shape[:2])
    return View(pose_2d=track[..., :2], confidence=confidence)


def _is_numeric(array: Any) -> bool:
    return isinstance(array, np.ndarray) and array.dtype.kind in "fiu"
