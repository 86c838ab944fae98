"""What `lift predict` writes: one Parquet table, and a BVH file for each person."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.prediction.truth import errors
from posecap.errors import InputError
from posecap.keypoints import Keypoints, Person
from posecap.skeletons import load_skeleton
from posecap.writing import whole_file


@dataclass(frozen=True)
class Prediction:
    """One person: pose (T, 17, 3) and estimated root (T, 3), metres, x right, y down, z away.

    truth: the true pose in the same axes, NaN in frames without one; None where nothing is known.
    """

    person: Person
    pose: np.ndarray
    root: np.ndarray
    truth: np.ndarray | None = None

    @property
    def errors(self) -> np.ndarray:
        """(T,) MPJPE of each frame in millimetres, NaN where the truth is not known."""
        return np.full(len(self.pose), np.nan) if self.truth is None else errors(self.pose, self.truth)


@dataclass(frozen=True)
class PredictionFile:
    """All that one run of `lift predict` made. focal: pixels, told or assumed; run: its folder."""

    people: tuple[Prediction, ...]
    fps: float
    focal: float
    focal_told: bool
    run: str
    keypoints: Keypoints
    report: tuple[str, ...]
    bvhs: tuple[Path, ...] = ()
    """The BVH files that were written, one a person."""

    @property
    def num_frames(self) -> int:
        return sum(len(one.pose) for one in self.people)

    @property
    def has_truth(self) -> bool:
        """Whether the true pose of anybody is known."""
        return any(one.truth is not None for one in self.people)

    def metadata(self) -> dict[str, str]:
        """What the file says of itself."""
        found, focal = self.keypoints, "known" if self.focal_told else "assumed"
        truth = {} if not self.has_truth else {"truth_3d": "relative to the root", "error_mm": "MPJPE"}
        return truth | {
            "skeleton": "h36m17",
            "joints": ", ".join(load_skeleton("h36m17").joints),
            "up": "-y",
            "units": "metres; camera frame: x right, y down, z away from the camera",
            "pose_3d": "relative to the root",
            "root": f"estimated from the reprojection of the pose, focal length {focal}",
            "confidence": "of the 2D keypoints",
            "filled": "joints that were not detected but filled in",
            "fps": f"{self.fps:g}",
            "focal_px": f"{self.focal:g}",
            "image_px": f"{found.width} x {found.height}",
            "run": self.run,
            "source": f"{found.source} ({found.format}, {found.layout})",
            "report": json.dumps(self.report),
        }


def check_places(**places: Path | None) -> None:
    """Before any work: each file's folder is there and its ending is the one named (`parquet=out`).

    InputError names the first that is not fit; `film` may have any ending.
    """
    for ending, path in places.items():
        if path is None:
            continue
        if ending != "film" and path.suffix.lower() != f".{ending}":
            raise InputError(f"{path}: expected a file name that ends in .{ending}")
        if not path.parent.is_dir():
            raise InputError(f"{path}: cannot be written, there is no folder {path.parent}")
        if path.is_dir():
            raise InputError(f"{path}: cannot be written, it is a folder")


def write_parquet(path: Path, made: PredictionFile) -> None:
    """One row a person and frame; nothing half-written is left under this name."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    people = made.people
    frames = [one.person.start + np.arange(len(one.pose), dtype=np.int32) for one in people]
    columns: dict[str, object] = {
        "person": pa.array([one.person.id for one in people for _ in one.pose]),
        "frame": pa.array(np.concatenate(frames)),
        "time": pa.array(np.concatenate(frames) / made.fps),
        "pose_3d": _lists([one.pose for one in people], pa.float32()),
        "root": _lists([one.root for one in people], pa.float32()),
        "confidence": _lists([one.person.confidence for one in people], pa.float32()),
        "filled": _lists([one.person.filled for one in people], pa.bool_()),
    }
    if made.has_truth:
        columns |= _truth_columns(people)
    table = pa.table(columns).replace_schema_metadata(made.metadata())
    with whole_file(path) as beside:
        pq.write_table(table, beside)


def _truth_columns(people: tuple[Prediction, ...]) -> dict[str, object]:
    """NaN and null in frames whose truth is not known."""
    import pyarrow as pa

    truths = [np.full_like(one.pose, np.nan) if one.truth is None else one.truth for one in people]
    found = np.concatenate([one.errors for one in people])
    error = pa.array(found, pa.float32(), mask=np.isnan(found))
    return {"truth_3d": _lists(truths, pa.float32()), "error_mm": error}


def write_bvhs(path: Path, made: PredictionFile) -> list[Path]:
    """`path` for one person, `path` with `_<number>` for each of several; y up, centimetres."""
    from posecap.io.bvh import write_bvh
    from posecap.io.poses_to_bvh import poses_to_bvh

    skeleton = load_skeleton("h36m17")
    paths = []
    for number, one in enumerate(made.people, start=1):
        joints = one.pose + one.root[:, None]
        z_up = np.stack([joints[..., 0], joints[..., 2], -joints[..., 1]], axis=-1)
        own = path if len(made.people) == 1 else path.with_name(f"{path.stem}_{number}{path.suffix}")
        write_bvh(own, poses_to_bvh(z_up, skeleton, made.fps))
        paths.append(own)
    return paths


def _lists(arrays: list[np.ndarray], type_: object) -> object:
    """A column of fixed-size lists from arrays (T, ...)."""
    import pyarrow as pa

    rows = np.concatenate([array.reshape(len(array), -1) for array in arrays])
    return pa.FixedSizeListArray.from_arrays(pa.array(rows.reshape(-1), type_), rows.shape[1])
