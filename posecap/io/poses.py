"""3D poses of one motion from a `.npy` or `.npz` file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posecap.errors import InputError
from posecap.io.npy import npz_names, read_npy, read_npz

POSE_NAMES = ("joints", "pose_3d", "poses_3d", "positions_3d", "positions", "poses", "pose", "arr_0")


def read_poses(path: str | Path) -> np.ndarray:
    """(frames, joints, 3) float32, in the file's own units, from one `.npy` or `.npz` file.

    One pose (joints, 3) counts as one frame. An `.npz` holds one array, or one under a usual name
    (joints, pose_3d, positions, ...). Raises InputError naming the file and what is wrong.
    """
    path = Path(path)
    if path.suffix not in (".npy", ".npz"):
        raise InputError(f"{path}: expected a .npy or .npz file of poses (frames, joints, 3)")
    array = read_npy(path) if path.suffix == ".npy" else _only_array(path)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise InputError(f"{path}: expected an array of numbers (frames, joints, 3)")
    if array.ndim == 2:
        array = array[None]
    if array.ndim != 3 or array.shape[2] != 3 or not array.size:
        raise InputError(f"{path}: expected poses (frames, joints, 3), found {array.shape}")
    return array.astype(np.float32)


def _only_array(path: Path) -> np.ndarray:
    names = npz_names(path)
    usual = [name for name in POSE_NAMES if name in names]
    if len(names) != 1 and not usual:
        raise InputError(f"{path}: several arrays ({', '.join(names)}); call the poses 'joints'")
    name = usual[0] if usual else names[0]
    return read_npz(path, [name])[name]
