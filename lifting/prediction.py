"""Lifting new 2D keypoints with a run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.data import Clips, MemorySource, SequenceData, SequenceInfo, ViewData, Windows, normalize_2d
from lifting.evaluation.evaluate import EvaluationConfig, lifter_predictor
from lifting.evaluation.views import predict_views
from lifting.runs import open_run
from posecap.errors import InputError
from posecap.io import read_npz
from posecap.skeletons import load_skeleton

DEFAULT_FPS = 50.0


@dataclass(frozen=True)
class PredictionConfig:
    """keypoints: an .npz file; width, height, fps: what it does not say itself; None takes the run's flip."""

    run: Path
    keypoints: Path
    out: Path
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    flip: bool | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Keypoints:
    """2D keypoints of one person: pixels (T, J, 2), confidence (T, J)."""

    pixels: np.ndarray
    confidence: np.ndarray
    width: int
    height: int
    fps: float


def predict_file(config: PredictionConfig) -> int:
    """Writes one row a frame of `config.keypoints` and gives their number."""
    run = open_run(config.run)
    found = read_keypoints(config, run.info.joints)
    poses = lift(config, found)
    _write(config.out, poses)
    return len(poses)


def read_keypoints(config: PredictionConfig, joints: int) -> Keypoints:
    """The keypoints of a file; InputError names what is missing or misshapen."""
    arrays = read_npz(config.keypoints)
    path = config.keypoints
    if "keypoints" not in arrays:
        raise InputError(f"{path}: has no array 'keypoints' (found: {', '.join(sorted(arrays)) or 'none'})")
    points = np.asarray(arrays["keypoints"])
    if points.ndim != 3 or points.shape[1] != joints or points.shape[2] not in (2, 3) or not len(points):
        raise InputError(f"{path}: keypoints are {points.shape}, expected (frames, {joints}, 2 or 3)")
    if not np.isfinite(points).all():
        frame = int((~np.isfinite(points).all(axis=(1, 2))).argmax())
        raise InputError(f"{path}: frame {frame} of keypoints is NaN or infinite")
    confidence = np.asarray(arrays.get("confidence", points[..., 2] if points.shape[2] == 3 else 1.0))
    if confidence.shape not in ((), points.shape[:2]):
        raise InputError(f"{path}: confidence is {confidence.shape}, expected {points.shape[:2]}")
    return Keypoints(
        points[..., :2].astype(np.float32),
        np.broadcast_to(confidence, points.shape[:2]).astype(np.float32),
        int(_number(config.width, arrays, "width", path)),
        int(_number(config.height, arrays, "height", path)),
        _number(config.fps, arrays, "fps", path, DEFAULT_FPS),
    )


def _number(
    given: float | None, arrays: dict[str, np.ndarray], name: str, path: Path, default: float | None = None
) -> float:
    if given is None and name in arrays and np.ndim(arrays[name]) == 0:
        given = float(arrays[name])
    value = default if given is None else given
    if value is None:
        raise InputError(f"{path}: does not say the image's {name}, give --{name}")
    if not value > 0:
        raise InputError(f"{path}: {name} is {value}, expected more than 0")
    return value


def lift(config: PredictionConfig, found: Keypoints) -> np.ndarray:
    """(T, J, 3) metres, camera frame, relative to the root."""
    from lifting.training.ranks import choose_device

    run, device = open_run(config.run), choose_device(config.device)
    pose_2d = normalize_2d(found.pixels, found.confidence, found.width, found.height)
    view = ViewData("camera", pose_2d, np.eye(3), np.zeros(3))
    info = SequenceInfo("keypoints", "", "", "test", found.fps, len(pose_2d), ("camera",))
    mirror = load_skeleton(run.info.skeleton).mirror_order()
    source = MemorySource([info], [SequenceData(None, (view,))], mirror)
    recipe = run.info.recipe
    clips = Clips(source, Windows(recipe.clips.frames, recipe.evaluation.stride, recipe.clips.rate))
    predict = lifter_predictor(run, EvaluationConfig(config.run, flip=config.flip), source, device)
    return next(predict_views(predict, clips, device=device)).prediction.astype(np.float32)


def _write(path: Path, poses: np.ndarray) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = pa.array(poses.reshape(-1), pa.float32())
    vectors = pa.FixedSizeListArray.from_arrays(flat, poses.shape[1] * 3)
    table = pa.table({"frame": pa.array(np.arange(len(poses), dtype=np.int32)), "pose_3d": vectors})
    beside = path.with_name(path.name + ".new")
    pq.write_table(table, beside)
    os.replace(beside, path)
