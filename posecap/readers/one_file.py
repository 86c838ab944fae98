"""One file of 3D motion, whatever its format: what `posecap caption` tells in words, truth for a film."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError, unknown_name
from posecap.io import npz_names, read_npz, read_poses, told_up
from posecap.io.limits import require_file
from posecap.options import check_options
from posecap.readers.motion_files import Motion
from posecap.readers.poses import SUFFIXES
from posecap.skeletons import load_skeleton

DATA_SETS = {".mat": "mpi_inf_3dhp", ".pkl": "h36m"}  # read as whole data sets only


@dataclass(frozen=True)
class OneFile:
    """joints (T, J, 3) float32, metres where `metric`, else in the file's own units.

    up: the axis that points up, where the file or its reader tells; fps: likewise; note: what was found
    out or taken for what, a line for the user. people, frames: whose pose in which frame each row is,
    where the file tells (`lift predict` writes it), else () and None.
    """

    joints: np.ndarray
    up: str | None = None
    fps: float | None = None
    metric: bool = False
    note: str = ""
    people: tuple[str, ...] = ()
    frames: np.ndarray | None = None


def read_one_file(
    path: str | Path, skeleton: str = "h36m17", *, sequence: str | None = None, **options: Any
) -> OneFile:
    """The motion in one file as joints of `skeleton`.

    `.bvh`, `.amc`, AMASS's `.npz` and Human3.6M's `.cdf` and `.h5` come in metres, Z up; Human3.6M's
    `data_3d_h36m.npz` too, of which `sequence` names the motion, as of any `.npz` of several arrays; arrays
    and tables (see `read_poses`) as they stand. options: those of the format's reader that say how a file
    is meant (`scale`, `up`, `mirror`, `roles`, `body_models`, `regressor`, `fps`, `every`). InputError
    names what is wrong.
    """
    path = Path(path)
    require_file(path)
    kind = _kind(path)
    opener = _OPENERS.get(kind, _plain)
    given = options | ({} if sequence is None else {"sequence": sequence})
    return opener(path, skeleton, **check_options(str(path), opener, given))


def _kind(path: Path) -> str:
    """The key of _OPENERS; "" for arrays and tables."""
    suffix = path.suffix.lower()
    if suffix in DATA_SETS:
        name = DATA_SETS[suffix]
        raise InputError(
            f"{path}: is a part of a data set: posecap generate --dataset {name} --root {path.parent}"
        )
    if suffix != ".npz":
        return suffix
    names = set(npz_names(path))
    if {"poses", "trans"} <= names:
        return "amass"
    if "positions_2d" in names:
        raise InputError(f"{path}: holds 2D keypoints; lift predict makes 3D poses of them")
    if names == {"data"}:
        raise InputError(
            f"{path}: is a part of a data set: posecap generate --dataset mpi_inf_3dhp --root {path.parent}"
        )
    trees = names == {"positions_3d"} and isinstance(read_npz(path)["positions_3d"], dict)
    return "archive" if trees else ""


def _plain(path: Path, skeleton: str, *, sequence: str | None = None) -> OneFile:
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: expected 3D motion in a file {', '.join((*SUFFIXES, *_OTHERS))}")
    if sequence is not None:
        return OneFile(_named_array(path, sequence), note=f"{path.name}: {sequence}")
    people, frames = _named_rows(path)
    return OneFile(read_poses(path, skeleton), told_up(path), people=people, frames=frames)


def _named_array(path: Path, name: str) -> np.ndarray:
    """(T, J, 3) one of the arrays of an `.npz`."""
    if path.suffix != ".npz":
        raise InputError(f"{path}: is one motion, there is no '{name}' in it")
    if name not in npz_names(path):
        raise unknown_name("sequence", name, npz_names(path))
    array = read_npz(path, [name])[name]
    numbers = isinstance(array, np.ndarray) and array.dtype.kind in "fiu"
    if not numbers or array.ndim != 3 or array.shape[2] != 3 or not array.size:
        found = array.shape if numbers else type(array).__name__
        raise InputError(f"{path}: {name}: expected poses (frames, joints, 3), found {found}")
    return array.astype(np.float32)


def _named_rows(path: Path) -> tuple[tuple[str, ...], np.ndarray | None]:
    """Columns person and frame of a table that has both."""
    if path.suffix != ".parquet":
        return (), None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if not {"person", "frame"} <= set(pq.read_schema(path).names):
            return (), None
        rows = pq.read_table(path, columns=["person", "frame"])
        frames = rows["frame"].to_numpy().astype(np.int64)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable .parquet table with numbers as frames") from error
    if not len(frames) or frames.min() < 0:
        raise InputError(f"{path}: holds no frames from 0 on")
    return tuple(map(str, rows["person"].to_pylist())), frames


def _bvh(
    path: Path,
    skeleton: str,
    *,
    scale: float | None = None,
    up: str | None = None,
    mirror: bool | None = None,
    roles: str | dict[str, str] | None = None,
    fps: float | None = None,
) -> OneFile:
    from posecap.readers.bvh import look_at
    from posecap.readers.bvh_settings import parse_given

    look = look_at(path, parse_given(scale, up, mirror, roles))
    motion = look.motion(skeleton, fps)
    taken = ", ".join(f"{landmark}={joint}" for landmark, joint in look.facts()["landmarks"].items())
    return _of_motion(motion, f"{motion.source}; {taken}" if skeleton == "h36m17" else motion.source)


def _amc(path: Path, skeleton: str, *, fps: float = 120.0, every: int = 2) -> OneFile:
    from posecap.readers.asfamc import read_motion

    motion = read_motion(path, fps, every, skeleton)
    return _of_motion(motion, f"{path.name}: every {every}. frame of {fps:g} a second, metres, on the floor")


def _asf(path: Path, skeleton: str) -> OneFile:
    raise InputError(f"{path}: is a skeleton without motion; give one of its .amc files")


def _amass(
    path: Path,
    skeleton: str,
    *,
    body_models: str | None = None,
    regressor: str | None = None,
    fps: float | None = None,
) -> OneFile:
    from posecap.readers.amass import check_skeleton, read_motion

    check_skeleton(skeleton)
    motion = read_motion(path, body_models, regressor, skeleton, fps)
    return _of_motion(motion, motion.source)


def _archive(path: Path, skeleton: str, *, sequence: str | None = None) -> OneFile:
    from posecap.readers.h36m_archives import kept_joints, read_joints

    _only_h36m17(path, skeleton)
    motions = read_joints(path)
    if sequence is None:
        some = ", ".join(list(motions)[:8])
        raise InputError(f"{path}: holds {len(motions)} sequences, name one with sequence: {some}, ...")
    if sequence not in motions:
        raise unknown_name("sequence", sequence, motions)
    return OneFile(kept_joints(motions[sequence]), "z", metric=True, note=f"{path.name}: {sequence}")


def _source(path: Path, skeleton: str) -> OneFile:
    from posecap.readers.h36m_source import read_file

    _only_h36m17(path, skeleton)
    return OneFile(read_file(path), "z", 50.0, metric=True, note=f"{path.name}: Human3.6M's original poses")


def _only_h36m17(path: Path, skeleton: str) -> None:
    if load_skeleton(skeleton).name != "h36m17":
        raise InputError(f"{path}: holds Human3.6M's joints, which are no {skeleton}")


def _of_motion(motion: Motion, note: str) -> OneFile:
    return OneFile(motion.joints, motion.up, motion.fps, metric=True, note=note)


_OTHERS = (".bvh", ".amc", ".cdf", ".h5")
_OPENERS: dict[str, Callable[..., OneFile]] = {
    ".bvh": _bvh,
    ".amc": _amc,
    ".asf": _asf,
    "amass": _amass,
    "archive": _archive,
    ".cdf": _source,
    ".h5": _source,
}
