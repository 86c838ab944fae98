"""Human3.6M's own 3D pose files, millimetres, 32 joints: `.cdf`, or `.h5` as older archives have them.

`S1/MyPoseFeatures/D3_Positions/Walking 1.cdf`, variable Pose (1, T, 96);
`S1/MyPoses/3D_positions/Walking 1.h5`, data set 3D_positions (96, T).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posecap.errors import InputError
from posecap.io import Scratch, StoredArray
from posecap.io.matlab import read_hdf5
from posecap.readers.h36m_archives import kept_joints
from posecap.readers.h36m_names import canonical

SOURCE = "original pose files"
PATTERNS = ("S*/MyPoseFeatures/D3_Positions/*.cdf", "S*/MyPoses/3D_positions/*.h5")
LEFT_OUT = ("S11/Directions",)  # one of its videos is damaged: no archive and no published result has it


def find_files(root: Path) -> dict[str, Path]:
    """The pose files under `root` (or its folder h36m) by key "subject/recording"."""
    for folder in (root, root / "h36m"):
        for pattern in PATTERNS:
            paths = sorted(folder.glob(pattern))
            keys = {f"{path.parts[-4]}/{canonical(path.stem)}": path for path in paths}
            if keys:
                return {key: path for key, path in keys.items() if key not in LEFT_OUT}
    return {}


def read_joints(root: Path, scratch: Scratch) -> dict[str, np.ndarray | StoredArray]:
    """Every motion, "subject/recording" -> (T, 17, 3) float32 metres; long ones lie in `scratch`."""
    files = find_files(root)
    if not files:
        raise InputError(f"{root}: has no pose files ({' or '.join(PATTERNS)})")
    return {key: scratch.put(read_file(path)) for key, path in files.items()}


def read_file(path: Path) -> np.ndarray:
    """One motion, (T, 17, 3) float32 metres."""
    values = _read_cdf(path) if path.suffix == ".cdf" else _read_h5(path)
    if values.dtype.kind not in "fiu" or values.ndim != 2 or values.shape[1] != 96:
        raise InputError(f"{path}: expected 96 numbers a frame, found {values.shape}")
    return kept_joints(values.reshape(-1, 32, 3) / 1000)


def _read_cdf(path: Path) -> np.ndarray:
    try:
        import cdflib
    except ImportError as error:
        raise InputError(f"{path}: reading .cdf files needs cdflib: pip install 'posecap[files]'") from error
    try:
        values = np.asarray(cdflib.CDF(str(path)).varget("Pose"))
    except Exception as error:  # a damaged file can raise anything in its reader
        raise InputError(f"{path}: not a readable CDF file with a variable Pose") from error
    return values.reshape(-1, values.shape[-1]) if values.ndim else values


def _read_h5(path: Path) -> np.ndarray:
    return read_hdf5(path, ["3D_positions"])["3D_positions"].T
