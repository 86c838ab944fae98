"""Measuring a run on the test split of its shards, beside the baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lifting.baselines import BASELINES
from lifting.data import Clips, ClipSource, SequenceInfo, ShardSource, Windows
from lifting.evaluation.results import FRAMES, MEAN, Results, Row
from lifting.evaluation.scores import SCORES, UNITS, mean_of_actions, means_by_action, view_scores
from lifting.evaluation.views import Predictor, ViewResult, predict_views
from lifting.recipes import EvaluationChoice
from lifting.runs import Run, RunInfo, open_run, versions
from posecap.errors import InputError

LIFTER = "lifter"
RESULTS = "results"


@dataclass(frozen=True)
class EvaluationConfig:
    """None takes what the run says. baselines: also measure those; figure: draw three frames."""

    run: Path
    features: Path | None = None
    keypoints: str | None = None
    split: str = "test"
    flip: bool | None = None
    stride: int | None = None
    baselines: bool = True
    figure: bool = True
    batch: int = 64
    device: str = "auto"
    out: Path | None = None


def evaluate(config: EvaluationConfig, progress: Any = None, source: ClipSource | None = None) -> Results:
    """Predicts every frame of the split exactly once and keeps the results in the run folder.

    `source` replaces the shards. Raises InputError where the run or its shards are not there or do
    not fit each other.
    """
    from lifting.training.ranks import choose_device

    run, device = open_run(config.run), choose_device(config.device)
    source = open_source(run.info, config) if source is None else source
    clips = evaluation_clips(run.info, source, config)
    methods = _methods(run, source, config, device)
    rows, frames, sequences = [], {}, {}
    for name, predict in methods.items():
        scored = _score(predict, clips, config.batch, device, progress, name)
        rows.append(_row(name, scored))
        frames, sequences = scored.frames(), scored.by_sequence()
    results = Results(_protocol(run, source, config), tuple(rows), frames, UNITS, sequences)
    folder = config.out or run.path / RESULTS / _folder_name(config, source)
    results.save(folder)
    if config.figure:
        from lifting.evaluation.figure import draw_frames

        draw_frames(methods[LIFTER], source, clips, scored.mpjpe(), folder / "frames.png", device)
    return results


def open_source(info: RunInfo, config: EvaluationConfig) -> ShardSource:
    """The shards that the run was trained on, or those that were named."""
    features = config.features or (Path(info.features) if info.features else None)
    if features is None:
        raise InputError(f"{config.run}: this run was not trained here, name shards with --features")
    source = ShardSource(features, config.keypoints or info.keypoints)
    if len(source.mirror_joints) != info.joints or source.skeleton != info.skeleton:
        raise InputError(f"{features}: skeleton {source.skeleton}, the run was trained on {info.skeleton}")
    return source


def evaluation_clips(info: RunInfo, source: ClipSource, config: EvaluationConfig) -> Clips:
    """Clips that hold every frame of the split; InputError where there are none with 3D."""
    stride = config.stride or info.recipe.evaluation.stride
    windows = Windows(info.recipe.clips.frames, stride, info.recipe.clips.rate)
    clips = Clips(source, windows, wanted=lambda item: item.split == config.split, keep=2)
    if not len(clips):
        splits = sorted({item.split for item in source.infos})
        raise InputError(f"no sequence of the split '{config.split}' is there (found: {', '.join(splits)})")
    return clips


def lifter_predictor(
    run: Run, config: EvaluationConfig, source: ClipSource, device: torch.device
) -> Predictor:
    """The run's lifter as a function of 2D poses."""
    model = run.model().to(device)
    choice: EvaluationChoice = run.info.recipe.evaluation
    flip = choice.flip if config.flip is None else config.flip
    mirror = torch.from_numpy(source.mirror_joints)
    return lambda pose_2d: model.predict(pose_2d, flip=flip, mirror=mirror)


def _methods(
    run: Run, source: ClipSource, config: EvaluationConfig, device: torch.device
) -> dict[str, Predictor]:
    methods: dict[str, Predictor] = {}
    if config.baselines:
        windows = Windows(run.info.recipe.clips.frames)
        training = Clips(source, windows, wanted=_trained_on(run.info), flip=True, keep=2)
        if len(training):
            methods |= {name: fit(training) for name, fit in BASELINES.items()}
    return methods | {LIFTER: lifter_predictor(run, config, source, device)}


def _trained_on(info: RunInfo) -> Callable[[SequenceInfo], bool]:
    with_3d = info.recipe.supervision.subjects_3d or info.train_subjects
    return lambda item: item.split == "train" and (not with_3d or item.subject in with_3d)


class _Scored:
    """Scores of every view of one method."""

    def __init__(self) -> None:
        self.views: list[tuple[str, str, str]] = []
        self.values: list[dict[str, np.ndarray]] = []
        self.counts: list[np.ndarray] = []

    def add(self, view: ViewResult) -> None:
        self.views.append((view.sequence, view.camera, view.action))
        self.values.append(view_scores(view))
        self.counts.append(view.counts)

    def by(self, metric: str) -> list[np.ndarray]:
        return [values[metric] for values in self.values]

    def actions(self) -> list[str]:
        return [action for _, _, action in self.views]

    def frames(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for action, errors in zip(self.actions(), self.by("MPJPE"), strict=True):
            counts[action] = counts.get(action, 0) + len(errors)
        return dict(sorted(counts.items()))

    def by_sequence(self) -> dict[str, dict[str, float]]:
        """Mean of each metric over the frames and cameras of a sequence: what a bootstrap resamples."""
        names = [sequence for sequence, _, _ in self.views]
        columns = {metric: means_by_action(names, self.by(metric)) for metric in SCORES}
        return {name: {metric: columns[metric][name] for metric in SCORES} for name in dict.fromkeys(names)}

    def mpjpe(self) -> dict[tuple[str, str], np.ndarray]:
        """(T,) by view, NaN for frames that do not count."""
        errors = {}
        for view, counts, values in zip(self.views, self.counts, self.by("MPJPE"), strict=True):
            errors[view[:2]] = np.full(len(counts), np.nan)
            errors[view[:2]][counts] = values
        return errors


def _score(
    predict: Predictor, clips: Clips, batch: int, device: torch.device, progress: Any, name: str
) -> _Scored:
    scored, views = _Scored(), len(clips.views())
    if progress is not None:
        progress.start(f"eval {name}", views, "views")
    for view in predict_views(predict, clips, batch, device):
        scored.add(view)
        if progress is not None:
            progress.advance(f"eval {name}", 1)
    if progress is not None:
        progress.finish(f"eval {name}")
    return scored


def _row(name: str, scored: _Scored) -> Row:
    scores = {}
    for metric in SCORES:
        by_action = means_by_action(scored.actions(), scored.by(metric))
        everything = float(np.concatenate(scored.by(metric)).mean())
        scores[metric] = {**by_action, MEAN: mean_of_actions(by_action), FRAMES: everything}
    return Row(name, scores)


def _protocol(run: Run, source: ClipSource, config: EvaluationConfig) -> dict[str, Any]:
    info = run.info
    return {
        "run": run.path.name,
        "recipe": info.recipe.name,
        "alignment": info.recipe.alignment.name,
        "seed": info.seed,
        "shards": str(config.features or info.features),
        "shards_sha256": getattr(source, "sha256", None),
        "keypoints": getattr(source, "keypoints", info.keypoints),
        "split": config.split,
        "subjects": sorted({item.subject for item in source.infos if item.split == config.split}),
        "train_subjects": list(info.train_subjects),
        "clips": "every frame once",
        "overlap_stride": config.stride or info.recipe.evaluation.stride,
        "flip": info.recipe.evaluation.flip if config.flip is None else config.flip,
        "hypotheses": info.recipe.evaluation.hypotheses,
        "sampling_steps": info.recipe.evaluation.steps,
        "root": "predicted root set to 0, counted with the other joints",
        "weights": str(run.weights_file.relative_to(run.path)),
        "versions": versions(),
    }


def _folder_name(config: EvaluationConfig, source: ClipSource) -> str:
    return f"{config.split}-{getattr(source, 'keypoints', None) or 'given'}"
