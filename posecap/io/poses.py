"""3D poses of one motion from one file: arrays, tables with named columns, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, check_limit, require_file
from posecap.io.npy import npz_names, read_npy, read_npz
from posecap.skeletons import Skeleton, load_skeleton

POSE_NAMES = ("joints", "pose_3d", "poses_3d", "positions_3d", "positions", "poses", "pose", "arr_0")
AXES = ("x", "y", "z")


def read_poses(path: str | Path, skeleton: str | None = None) -> np.ndarray:
    """(frames, joints, 3) float32, in the file's own units, from one file.

    `.npy`, `.npz`: one array, or one under a usual name (joints, pose_3d, positions, ...); one pose
    (joints, 3) counts as one frame. `.csv`, `.parquet`: a row a frame with columns `<joint>_x`,
    `<joint>_y`, `<joint>_z` (also `x_<joint>`, `<joint>.x`), or a list column `pose_3d`. `.json`:
    nested lists, alone or under a usual name. Where a skeleton is given, columns are taken by its
    joint names in its order, else as they stand. Raises InputError naming the file and the fault.
    """
    path = Path(path)
    if path.suffix not in _READERS:
        raise InputError(f"{path}: expected poses in a file {', '.join(_READERS)}")
    require_file(path)
    check_limit(path, path.stat().st_size, MAX_BYTES)
    array = _READERS[path.suffix](path, load_skeleton(skeleton) if skeleton else None)
    if array.ndim == 2:
        array = array[None]
    if array.ndim == 3 and array.shape[2] == 3 and not array.size:
        raise InputError(f"{path}: holds no frames or no joints, its poses are {array.shape}")
    if array.ndim != 3 or array.shape[2] != 3:
        raise InputError(f"{path}: expected poses (frames, joints, 3), found {array.shape}")
    with np.errstate(over="ignore"):
        return array.astype(np.float32)


def told_up(path: str | Path) -> str | None:
    """The up axis that a `.parquet` file of poses says it has (`lift predict` writes it), else None."""
    path = Path(path)
    if path.suffix != ".parquet":
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowException, OSError):
        return None
    up = metadata.get(b"up", b"").decode("ascii", "replace")
    return up if re.fullmatch("-?[xyz]", up) else None


def _from_npy(path: Path, _: Skeleton | None) -> np.ndarray:
    return _numbers(path, read_npy(path))


def _from_npz(path: Path, _: Skeleton | None) -> np.ndarray:
    names = npz_names(path)
    usual = [name for name in POSE_NAMES if name in names]
    if len(names) != 1 and not usual:
        raise InputError(f"{path}: several arrays ({', '.join(names)}); call the poses 'joints'")
    name = usual[0] if usual else names[0]
    return _numbers(path, read_npz(path, [name])[name])


def _from_json(path: Path, _: Skeleton | None) -> np.ndarray:
    content = read_json(path)
    if isinstance(content, dict):
        usual = [name for name in POSE_NAMES if name in content]
        if not usual:
            raise InputError(f"{path}: has none of {', '.join(POSE_NAMES)}")
        content = content[usual[0]]
    try:
        return np.array(content, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise InputError(f"{path}: expected nested lists of numbers (frames, joints, 3)") from error


def read_json(path: Path) -> Any:
    """Content of a JSON file; InputError names the file and the line where it is not JSON."""
    require_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, RecursionError, OSError) as error:
        raise InputError(f"{path}: cannot be read ({type(error).__name__})") from error
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{path}{line}: not valid JSON") from error


def _from_table(path: Path, skeleton: Skeleton | None) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    try:
        read = pyarrow.csv.read_csv if path.suffix == ".csv" else pyarrow.parquet.read_table
        table = read(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a readable {path.suffix} table ({_first_line(error)})") from error
    lists = [name for name in POSE_NAMES if name in table.column_names]
    columns = lists[:1] or _joint_columns(path, table.column_names, skeleton)
    try:
        values = [np.array(table[column].to_pylist(), dtype=np.float64) for column in columns]
        return np.stack(values, axis=-1).reshape(table.num_rows, -1, 3)
    except (ValueError, TypeError) as error:
        raise InputError(f"{path}: a column of poses holds something else than numbers") from error


def _joint_columns(path: Path, columns: list[str], skeleton: Skeleton | None) -> list[str]:
    """Column names joint by joint, x y z each."""
    found: dict[str, dict[str, str]] = {}
    for column in columns:
        joint, axis = _joint_and_axis(column)
        if axis:
            found.setdefault(joint, {})[axis] = column
    joints = list(skeleton.joints) if skeleton else list(found)
    for joint in joints:
        missing = [axis for axis in AXES if axis not in found.get(joint, {})]
        if missing:
            raise InputError(f"{path}: has no column '{joint}_{missing[0]}'")
    if not joints:
        raise InputError(f"{path}: has neither columns such as 'pelvis_x' nor a column 'pose_3d'")
    return [found[joint][axis] for joint in joints for axis in AXES]


def _joint_and_axis(column: str) -> tuple[str, str]:
    last = re.fullmatch(r"(.+)[_.\-: ]([xyzXYZ])", column.strip())
    if last:
        return last[1].lower(), last[2].lower()
    first = re.fullmatch(r"([xyzXYZ])[_.\-: ](.+)", column.strip())
    return (first[2].lower(), first[1].lower()) if first else (column, "")


def _numbers(path: Path, array: Any) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiu":
        raise InputError(f"{path}: expected an array of numbers (frames, joints, 3)")
    return array


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]


_READERS: dict[str, Callable[[Path, Skeleton | None], np.ndarray]] = {
    ".npy": _from_npy,
    ".npz": _from_npz,
    ".csv": _from_table,
    ".parquet": _from_table,
    ".json": _from_json,
}
