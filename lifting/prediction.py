"""Lifting new 2D keypoints with a run: every person of a file, in any of the known formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.data import Clips, MemorySource, SequenceData, SequenceInfo, ViewData, Windows, normalize_2d
from lifting.evaluation.config import EvaluationConfig
from lifting.evaluation.methods import lifter_predictor
from lifting.evaluation.views import predict_views
from lifting.placing import DEFAULT_FOCAL, place_root, stature
from lifting.prediction_files import Prediction, PredictionFile, check_places, write_bvhs, write_parquet
from lifting.prediction_movie import check_film, write_movie
from lifting.runs import Run, open_run
from posecap.errors import InputError
from posecap.keypoints import Keypoints, Person, read_keypoints
from posecap.skeletons import load_skeleton

DEFAULT_RATE = 50.0


@dataclass(frozen=True)
class PredictionConfig:
    """One run of `predict_file`; None takes what the file or the run says.

    keypoints: a file or folder of a format of `posecap.keypoints`; size: image width, height; fps: of
    the file; rate: frames a second the run was trained at, to which other files are resampled;
    focal: pixels; height: stature in metres that the bodies get; layout: order of the file's points;
    weights: folder of a detector's weights, where `keypoints` is a video.
    """

    run: Path
    keypoints: Path
    out: Path
    format: str = "auto"
    size: tuple[int, int] | None = None
    fps: float | None = None
    rate: float = DEFAULT_RATE
    focal: float | None = None
    height: float | None = None
    layout: str | None = None
    bvh: Path | None = None
    movie: Path | None = None
    weights: Path | None = None
    flip: bool | None = None
    device: str = "auto"


def predict_file(config: PredictionConfig) -> PredictionFile:
    """Lifts the people of `config.keypoints`, writes `config.out` (and BVH files), and gives them.

    InputError for a run or a file that is not fit.
    """
    check_places(parquet=config.out, bvh=config.bvh, film=config.movie)
    check_film(config.movie)
    run = open_run(config.run)
    if run.info.skeleton != "h36m17":
        raise InputError(f"{config.run}: lifts {run.info.skeleton}, keypoint files give h36m17")
    found, report = _read(config)
    focal = config.focal or DEFAULT_FOCAL * found.width
    people = [_predict(config, run, found, person, focal) for person in found.people]
    report += tuple(line for line in [_focal_line(config, focal)] if line)
    made = PredictionFile(tuple(people), found.fps or config.rate, focal, str(config.run), found, report)
    write_parquet(config.out, made)
    if config.bvh is not None:
        write_bvhs(config.bvh, made)
    if config.movie is not None:
        write_movie(config.movie, made)
    return made


def _read(config: PredictionConfig) -> tuple[Keypoints, tuple[str, ...]]:
    """The keypoints at the run's frame rate, and the report of what was done to them."""
    found = read_keypoints(
        config.keypoints,
        config.format,
        size=config.size,
        fps=config.fps,
        layout=config.layout,
        weights=config.weights,
    )
    if found.fps is None:
        line = f"frame rate not known, taken as {config.rate:g} frames a second"
        return found, (*found.report, line)
    found = found.resampled(config.rate)
    return found, found.report


def _focal_line(config: PredictionConfig, focal: float) -> str:
    if config.focal is not None:
        return ""
    return f"focal length not known, taken as {focal:.0f} pixels; the root's distance is as right as that"


def _predict(
    config: PredictionConfig, run: Run, found: Keypoints, person: Person, focal: float
) -> Prediction:
    pose = lift(config, run, found, person)
    if config.height is not None:
        pose = pose * (config.height / max(stature(pose, load_skeleton("h36m17")), 1e-6))
    center = np.array([found.width, found.height]) / 2
    root = place_root(pose, person.pose_2d, person.confidence, focal, center)
    return Prediction(person, pose.astype(np.float32), root.astype(np.float32))


def lift(config: PredictionConfig, run: Run, found: Keypoints, person: Person) -> np.ndarray:
    """(T, 17, 3) metres, camera frame, relative to the root."""
    from lifting.training.ranks import choose_device

    device = choose_device(config.device)
    pose_2d = normalize_2d(person.pose_2d, person.confidence, found.width, found.height)
    view = ViewData("camera", pose_2d, np.eye(3), np.zeros(3))
    fps = found.fps or config.rate
    info = SequenceInfo("keypoints", "", "", "test", fps, len(pose_2d), ("camera",))
    mirror = load_skeleton(run.info.skeleton).mirror_order()
    source = MemorySource([info], [SequenceData(None, (view,))], mirror)
    recipe = run.info.recipe
    clips = Clips(source, Windows(recipe.clips.frames, recipe.evaluation.stride, recipe.clips.rate))
    predict = lifter_predictor(run, EvaluationConfig(config.run, flip=config.flip), source, device)
    return next(predict_views(predict, clips, device=device)).prediction
