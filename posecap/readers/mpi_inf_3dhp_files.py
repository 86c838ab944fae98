"""The files of MPI-INF-3DHP: P-STMO's archives and the original annotations, all as `Content`.

Everywhere: millimetres in the camera's frame, pixels. Here: metres, Human3.6M's 17 joints.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.io import read_npz
from posecap.io.matlab import read_hdf5, read_mat

VARIANTS = ("auto", "true_scale", "universal")
ONLY_CAMERA = "only"  # the name of a test sequence's camera, which files do not tell
FROM_28 = (7, 5, 14, 15, 16, 9, 10, 11, 23, 24, 25, 18, 19, 20, 4, 3, 6)  # original joints -> their 17
TO_H36M = (14, 8, 9, 10, 11, 12, 13, 15, 1, 16, 0, 5, 6, 7, 2, 3, 4)  # their 17 -> Human3.6M's
USED_CAMERAS = (0, 1, 2, 4, 5, 6, 7, 8)  # of 14: those that the archives, and so all results, use


@dataclass(frozen=True)
class Content:
    """One sequence: camera name -> pose_3d (T, 17, 3) metres, pose_2d (T, 17, 2) pixels; valid (T,) bool."""

    pose_3d: dict[str, np.ndarray]
    pose_2d: dict[str, np.ndarray]
    source: str
    fps: float | None = None
    valid: np.ndarray | None = None

    @property
    def num_frames(self) -> int:
        return len(next(iter(self.pose_3d.values())))


@dataclass(frozen=True)
class Recording:
    """A sequence that can be loaded, and its length, which may be cheaper to know."""

    load: Callable[[], Content]
    num_frames: Callable[[], int]


def find_recordings(root: Path, variant: str) -> dict[str, Recording]:
    """Sequences by key, training first, from the archives in `root`, else from the original files."""
    found = {**_from_archives(root, variant), **_from_annotations(root, variant)}
    if not found:
        wanted = (
            "data_train_3dhp[_ori].npz, data_test_3dhp[_ori].npz, S*/Seq*/annot.mat or TS*/annot_data.mat"
        )
        raise InputError(f"{root}: has none of {wanted}")
    return dict(sorted(found.items(), key=lambda item: (item[0].startswith("T"), item[0])))


def _from_archives(root: Path, variant: str) -> dict[str, Recording]:
    endings = {"auto": ("_ori", ""), "true_scale": ("_ori",), "universal": ("",)}[variant]
    found: dict[str, Recording] = {}
    for part, read in (("train", _train_archive), ("test", _test_archive)):
        paths = [root / f"data_{part}_3dhp{ending}.npz" for ending in endings]
        for path in [path for path in paths if path.is_file()][:1]:
            for key, content in read(path, _read_dict(path)).items():
                found[key] = _loaded(content)
    return found


def _loaded(content: Content) -> Recording:
    return Recording(lambda: content, lambda: content.num_frames)


def _read_dict(path: Path) -> dict[str, Any]:
    data = read_npz(path, ["data"])["data"]
    if not isinstance(data, dict):
        raise InputError(f"{path}: data is not a dictionary of sequences")
    return data


def _train_archive(path: Path, data: dict[str, Any]) -> dict[str, Content]:
    """{"S1 Seq1": [{camera: {data_2d, data_3d}}, fps]}."""
    found = {}
    for name, entry in data.items():
        try:
            cameras, fps = _pair(entry)
            pose_3d = {str(camera): _poses(views["data_3d"], path, name) for camera, views in cameras.items()}
            pose_2d = {
                str(camera): _pixels(views["data_2d"], path, name) for camera, views in cameras.items()
            }
            rate = float(np.asarray(fps).reshape(-1)[0])
            if not 0 < rate < 1000:
                raise TypeError(f"a rate of {rate} frames a second")
        except InputError:
            raise
        except (TypeError, KeyError, AttributeError, IndexError, OverflowError, ValueError) as error:
            raise InputError(f"{path}: {name}: expected [cameras with data_2d and data_3d, fps]") from error
        found[_train_key(name, path)] = _checked(Content(pose_3d, pose_2d, path.name, rate), path, name)
    return found


def _pair(entry: Any) -> tuple[Any, Any]:
    is_array = isinstance(entry, np.ndarray) and entry.ndim == 1
    if not (is_array or isinstance(entry, (list, tuple))) or len(entry) != 2:
        raise TypeError("not a pair")
    return entry[0], entry[1]


def _test_archive(path: Path, data: dict[str, Any]) -> dict[str, Content]:
    """{"TS1": {data_2d, data_3d, valid}}."""
    found = {}
    for name, entry in data.items():
        try:
            poses, pixels = _poses(entry["data_3d"], path, name), _pixels(entry["data_2d"], path, name)
            valid = np.asarray(entry["valid"]).reshape(-1).astype(bool)
        except InputError:
            raise
        except (TypeError, KeyError, IndexError, ValueError) as error:
            raise InputError(f"{path}: {name}: expected data_2d, data_3d and valid") from error
        content = Content({ONLY_CAMERA: poses}, {ONLY_CAMERA: pixels}, path.name, valid=valid)
        found[str(name)] = _checked(content, path, name)
    return found


def _from_annotations(root: Path, variant: str) -> dict[str, Recording]:
    array = "univ_annot3" if variant == "universal" else "annot3"
    found: dict[str, Recording] = {}
    for path in sorted(root.glob("S*/Seq*/annot.mat")):
        key = f"{path.parts[-3]}/{path.parts[-2]}"
        found[key] = Recording(
            lambda path=path: _train_annotation(path, array),  # type: ignore[misc]
            lambda path=path: len(read_mat(path, ["frames"])["frames"]),  # type: ignore[misc]
        )
    for path in sorted(root.glob("**/TS*/annot_data.mat")):
        found[path.parts[-2]] = Recording(
            lambda path=path: _test_annotation(path, array),  # type: ignore[misc]
            lambda path=path: _test_annotation(path, array).num_frames,  # type: ignore[misc]
        )
    return found


def _train_annotation(path: Path, array: str) -> Content:
    """annot2, annot3, univ_annot3: one cell a camera, (T, 28 * 2 or 3) each."""
    mat = read_mat(path, ["annot2", array])
    pixels, poses = mat["annot2"], mat[array]
    if not isinstance(pixels, list) or not isinstance(poses, list):
        raise InputError(f"{path}: annot2 and {array} are not cell arrays")
    used = [camera for camera in USED_CAMERAS if camera < min(len(pixels), len(poses))]
    if not used:
        raise InputError(f"{path}: {array} has no cameras")
    name = path.parent.name
    return _checked(
        Content(
            {str(camera): _poses(_of_28(poses[camera], 3, path), path, name) for camera in used},
            {str(camera): _pixels(_of_28(pixels[camera], 2, path), path, name) for camera in used},
            f"{path.parts[-3]}/{path.parts[-2]}/{path.name} {array}",
        ),
        path,
        name,
    )


def _test_annotation(path: Path, array: str) -> Content:
    """MATLAB 7.3: axes reversed, annot3 is (T, 1, 17, 3) here and 3 x 17 x 1 x T there."""
    arrays = read_hdf5(path, ["annot2", array, "valid_frame"])
    for found, channels in ((array, 3), ("annot2", 2)):
        if arrays[found].size % (17 * channels) or arrays[found].shape[-2:] != (17, channels):
            raise InputError(
                f"{path}: {found}: expected (frames, 1, 17, {channels}), found {arrays[found].shape}"
            )
    name = path.parent.name
    poses, pixels = arrays[array].reshape(-1, 17, 3), arrays["annot2"].reshape(-1, 17, 2)
    content = Content(
        {ONLY_CAMERA: _poses(poses, path, name)},
        {ONLY_CAMERA: _pixels(pixels, path, name)},
        f"{path.parts[-2]}/{path.name} {array}",
        valid=arrays["valid_frame"].reshape(-1).astype(bool),
    )
    return _checked(content, path, name)


def _of_28(values: Any, channels: int, path: Path) -> np.ndarray:
    if not isinstance(values, np.ndarray) or values.ndim != 2 or values.shape[1] != 28 * channels:
        found = getattr(values, "shape", type(values).__name__)
        raise InputError(f"{path}: expected {28 * channels} numbers a frame, found {found}")
    return values.reshape(len(values), 28, channels)[:, FROM_28]


def _poses(values: Any, path: Path, name: str) -> np.ndarray:
    return _of_17(values, 3, path, name) / np.float32(1000)


def _pixels(values: Any, path: Path, name: str) -> np.ndarray:
    return _of_17(values, 2, path, name)


def _of_17(values: Any, channels: int, path: Path, name: str) -> np.ndarray:
    numeric = isinstance(values, np.ndarray) and values.dtype.kind in "fiu"
    if not numeric or values.ndim != 3 or values.shape[1:] != (17, channels):
        found = values.shape if numeric else type(values).__name__
        raise InputError(f"{path}: {name}: expected (frames, 17, {channels}), found {found}")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return values[:, TO_H36M].astype(np.float32)


def _train_key(name: str, path: Path) -> str:
    match = re.fullmatch(r"(S\d+)[ _/](Seq\d+)", str(name))
    if not match:
        raise InputError(f"{path}: '{name}' is not a sequence name such as 'S1 Seq1'")
    return f"{match[1]}/{match[2]}"


def _checked(content: Content, path: Path, name: str) -> Content:
    """The content, if all its arrays have as many frames."""
    if not content.pose_3d:
        raise InputError(f"{path}: {name}: has no cameras")
    lengths = {len(pose) for poses in (content.pose_3d, content.pose_2d) for pose in poses.values()}
    lengths |= set() if content.valid is None else {len(content.valid)}
    if len(lengths) > 1:
        raise InputError(f"{path}: {name}: arrays of {' and '.join(map(str, sorted(lengths)))} frames")
    return content
