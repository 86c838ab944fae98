"""Human3.6M in the pair of archives that lifters exchange (VideoPose3D's layout).

`data_3d_h36m.npz`: positions_3d {subject: {action: (T, 32 or 17, 3) metres, world, z up}};
`data_2d_h36m_<source>.npz`: positions_2d {subject: {action: [one (T, 17, 2) pixels a camera]}};
`data_2d_h36m_<source>_conf.npz`, where it lies beside: confidences_2d, the same with (T, 17).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from posecap.cameras import Camera
from posecap.errors import InputError, unknown_name
from posecap.io import Scratch, StoredArray, read_npz
from posecap.sequences import View

POSES_FILE = "data_3d_h36m.npz"
KEPT_OF_32 = (0, 1, 2, 3, 6, 7, 8, 12, 13, 14, 15, 17, 18, 19, 25, 26, 27)
NUM_JOINTS = 17

Tree = dict[str, dict[str, Any]]
Stored = np.ndarray | StoredArray


class Track(NamedTuple):
    """2D of one sequence in one camera as its files hold it, (T, 17, 2 or 3), and confidences beside."""

    pixels: Stored
    confidence: Stored | None

    def view(self) -> View:
        """Confidences from the file beside, else from a third channel, else ones."""
        pixels = np.asarray(self.pixels, np.float32)
        if self.confidence is not None:
            sure = np.asarray(self.confidence, np.float32).reshape(pixels.shape[:2])
        elif pixels.shape[2] == 3:
            sure = pixels[..., 2]
        else:
            sure = np.broadcast_to(np.float32(1), pixels.shape[:2])
        return View(pose_2d=pixels[..., :2], confidence=sure)


def found_sources(root: Path) -> list[str]:
    """Names of the 2D sources whose files lie in `root`."""
    names = [path.stem.removeprefix("data_2d_h36m_") for path in sorted(root.glob("data_2d_h36m_*.npz"))]
    return [name for name in names if not name.endswith("_conf")]


def read_joints(path: Path, scratch: Scratch | None = None) -> dict[str, Stored]:
    """Every motion of the 3D archive, "subject/action" -> (T, 17 or 32, 3) metres; see `kept_joints`.

    With `scratch` long motions lie there and not in memory.
    """
    tree = _read_tree(path, "positions_3d", scratch)
    joints = {
        f"{subject}/{action}": one for subject, actions in tree.items() for action, one in actions.items()
    }
    if not joints:
        raise InputError(f"{path}: holds no sequences")
    for key, motion in joints.items():
        _check_motion(motion, f"{path}: {key}")
    return joints


def kept_joints(motion: Stored) -> np.ndarray:
    """(T, 17, 3) float32 of 32 or 17 joints."""
    read = np.asarray(motion)
    return np.ascontiguousarray(read[:, KEPT_OF_32] if read.shape[1] == 32 else read, dtype=np.float32)


def _check_motion(motion: Any, source: str) -> None:
    shape = motion.shape if _is_numeric(motion) else None
    if shape is None or len(shape) != 3 or shape[1] not in (17, 32) or shape[2] != 3:
        found = shape if shape is not None else type(motion).__name__
        raise InputError(f"{source}: expected poses (frames, 32 or 17, 3), found {found}")


def read_tracks(
    root: Path,
    source: str,
    lengths: dict[str, int],
    cameras: dict[str, tuple[Camera, ...]],
    scratch: Scratch | None = None,
) -> dict[str, list[Track]]:
    """2D of one source for every key of `lengths`, one track a camera of the key's subject."""
    path = root / f"data_2d_h36m_{source}.npz"
    if not path.is_file():
        raise unknown_name("2D source", source, found_sources(root))
    beside = root / f"data_2d_h36m_{source}_conf.npz"
    pixels = _read_tree(path, "positions_2d", scratch)
    given = _read_tree(beside, "confidences_2d", scratch) if beside.is_file() else None
    tracks = {}
    for key, length in lengths.items():
        names = [camera.name for camera in cameras[key.split("/")[0]]]
        found = _take_tracks(path, pixels, key, names, length, (2, 3))
        sure = _take_tracks(beside, given, key, names, length, (1,)) if given is not None else None
        tracks[key] = [Track(one, sure[index] if sure else None) for index, one in enumerate(found)]
    return tracks


def write_archives(
    folder: Path, joints: dict[str, np.ndarray], views: dict[str, dict[str, list[View]]]
) -> list[Path]:
    """Writes motions "subject/action" -> (T, 17, 3) and 2D sources -> key -> views in the same layout."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [_write(folder / POSES_FILE, positions_3d=_nested(joints))]
    symmetry = [[4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]]
    metadata = {"layout_name": "h36m", "num_joints": NUM_JOINTS, "keypoints_symmetry": symmetry}
    for source, found in views.items():
        pixels = {key: [view.pose_2d for view in of_key] for key, of_key in found.items()}
        sure = {key: [np.array(view.confidence) for view in of_key] for key, of_key in found.items()}
        name = f"data_2d_h36m_{source}"
        paths.append(_write(folder / f"{name}.npz", positions_2d=_nested(pixels), metadata=metadata))
        if any((track < 1).any() for tracks in sure.values() for track in tracks):
            paths.append(_write(folder / f"{name}_conf.npz", confidences_2d=_nested(sure)))
    return paths


def _write(path: Path, **trees: Any) -> Path:
    arrays: dict[str, Any] = {name: np.array(tree, dtype=object) for name, tree in trees.items()}
    np.savez_compressed(path, **arrays)
    return path


def _nested(flat: dict[str, Any]) -> Tree:
    tree: Tree = {}
    for key, value in flat.items():
        subject, action = key.split("/", 1)
        tree.setdefault(subject, {})[action] = value
    return tree


def _read_tree(path: Path, name: str, scratch: Scratch | None = None) -> Tree:
    tree = read_npz(path, [name], scratch=scratch)[name]
    if not isinstance(tree, dict) or not all(isinstance(actions, dict) for actions in tree.values()):
        raise InputError(f"{path}: {name} is not a dictionary of subjects, each a dictionary of actions")
    return tree


def _take_tracks(
    path: Path, tree: Tree, key: str, cameras: list[str], num_frames: int, channels: tuple[int, ...]
) -> list[Stored]:
    """The tracks of one sequence, (num_frames, 17, channels) each; what is longer is cut at its end."""
    subject, action = key.split("/", 1)
    for level, name in ((tree, subject), (tree.get(subject, {}), action)):
        if name not in level:
            raise InputError(f"{path}: has no {key}, which the 3D file has ('{name}' is missing)")
    tracks = tree[subject][action]
    if not isinstance(tracks, (list, tuple)) and not (isinstance(tracks, Stored) and tracks.ndim):
        raise InputError(f"{path}: {key}: expected one track a camera, found {type(tracks).__name__}")
    if len(tracks) < len(cameras):
        raise InputError(f"{path}: {key}: camera {cameras[len(tracks)]} is missing")
    return [
        _checked_track(track, f"{path}: {key}, camera {camera}", num_frames, channels)
        for track, camera in zip(tracks, cameras, strict=False)
    ]


def _checked_track(track: Any, source: str, num_frames: int, channels: tuple[int, ...]) -> Stored:
    shape = track.shape if _is_numeric(track) else None
    if shape is not None and channels == (1,) and len(shape) == 2:
        shape = (*shape, 1)
    if shape is None or len(shape) != 3 or shape[1] != NUM_JOINTS or shape[2] not in channels:
        expected = "(frames, 17)" if channels == (1,) else "(frames, 17, 2)"
        found = shape if shape is not None else type(track).__name__
        raise InputError(f"{source}: expected {expected}, found {found}")
    if shape[0] < num_frames:
        raise InputError(f"{source}: {shape[0]} frames of 2D, but {num_frames} of 3D")
    return track[:num_frames]


def _is_numeric(array: Any) -> bool:
    return isinstance(array, Stored) and array.dtype.kind in "fiu"
