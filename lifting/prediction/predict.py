"""Lifting new 2D keypoints with a run: every person of a file, or one view of shards."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lifting.data import Clips, MemorySource, SequenceData, SequenceInfo, ViewData, Windows, normalize_2d
from lifting.evaluation.config import EvaluationConfig
from lifting.evaluation.methods import lifter_predictor
from lifting.evaluation.views import predict_views
from lifting.prediction.config import PredictionConfig
from lifting.prediction.files import Prediction, PredictionFile, check_places, write_bvhs, write_parquet
from lifting.prediction.inputs import Input, read_input
from lifting.prediction.movie import check_film, write_movie
from lifting.prediction.placing import DEFAULT_STATURE, place_root, stature
from lifting.prediction.truth import errors, fit_rotation
from lifting.runs import Run, open_run
from posecap.errors import InputError
from posecap.keypoints import Person
from posecap.skeletons import load_skeleton


def predict_file(config: PredictionConfig) -> PredictionFile:
    """Lifts the people that `config` names, writes the files that it names, and gives the people.

    InputError for a run or a file that is not fit.
    """
    check_places(parquet=config.out, bvh=config.bvh, film=config.movie)
    check_film(config.movie)
    run = open_run(config.run)
    if run.info.skeleton != "h36m17":
        raise InputError(f"{config.run}: lifts {run.info.skeleton}, keypoint files give h36m17")
    given = read_input(config, run.info)
    people = [_predict(config, run, given, number) for number in range(len(given.found.people))]
    report = (*given.report, *_scale_lines(config, run), *_truth_lines(given, people))
    made = PredictionFile(
        tuple(people), given.rate, given.focal, given.focal_told, str(config.run), given.found, report
    )
    if config.out is not None:
        write_parquet(config.out, made)
    if config.bvh is not None:
        made = replace(made, bvhs=tuple(write_bvhs(config.bvh, made)))
    if config.movie is None:
        return made
    return replace(made, report=(*made.report, *write_movie(config.movie, made)))


def _predict(config: PredictionConfig, run: Run, given: Input, number: int) -> Prediction:
    person = given.found.people[number]
    pose = lift(config, run, given, person)
    height = config.height if run.is_metric else config.height or DEFAULT_STATURE
    if height is not None:
        pose = pose * (height / max(stature(pose, load_skeleton("h36m17")), 1e-6))
    root = place_root(pose, person.pose_2d, person.confidence, given.focal, given.center)
    truth = _truth(given, person, pose) if number == 0 else None
    return Prediction(person, pose.astype(np.float32), root.astype(np.float32), truth)


def _truth(given: Input, person: Person, pose: np.ndarray) -> np.ndarray | None:
    """(T, 17, 3) true poses at the frames of the lifted ones, NaN where there is none."""
    if given.truth is None:
        return None
    times = (person.start + np.arange(len(pose))) / given.rate
    found = given.truth.at(times, given.truth_fps)
    if not np.isfinite(found).any():
        raise InputError("the truth has no frame at the times of the keypoints")
    return fit_rotation(pose, found) if given.truth.world else found


def _scale_lines(config: PredictionConfig, run: Run) -> list[str]:
    if run.is_metric or config.height is not None:
        return []
    return [
        "these public weights give poses in image units, not in metres: bodies are scaled to a stature of "
        f"{DEFAULT_STATURE:g} m; --height tells another"
    ]


def _truth_lines(given: Input, people: list[Prediction]) -> list[str]:
    truth = people[0].truth
    if given.truth is None or truth is None:
        return []
    found = errors(people[0].pose, truth)
    known = np.isfinite(found)
    line = f"person {people[0].person.id}: MPJPE {found[known].mean():.1f} mm over {known.sum()} frames"
    turned = ", the truth turned by one rotation that was fitted" if given.truth.world else ""
    return [line + turned]


def lift(config: PredictionConfig, run: Run, given: Input, person: Person) -> np.ndarray:
    """(T, 17, 3) metres, camera frame, relative to the root."""
    from lifting.training.ranks import choose_device

    device = choose_device(config.device)
    found = given.found
    pose_2d = normalize_2d(person.pose_2d, person.confidence, found.width, found.height)
    view = ViewData("camera", pose_2d, np.eye(3), np.zeros(3))
    info = SequenceInfo("keypoints", "", "", "test", given.rate, len(pose_2d), ("camera",))
    mirror = load_skeleton(run.info.skeleton).mirror_order()
    source = MemorySource([info], [SequenceData(None, (view,))], mirror)
    recipe = run.info.recipe
    clips = Clips(source, Windows(recipe.clips.frames, recipe.evaluation.stride, recipe.clips.rate))
    told = EvaluationConfig(config.run, flip=config.flip, hypotheses=config.hypotheses, steps=config.steps)
    predict = lifter_predictor(run, told, source, device)
    batch = max(told.batch // told.choice(recipe.evaluation).hypotheses, 1)  # they are predicted at once
    return next(predict_views(predict, clips, batch, device)).prediction
