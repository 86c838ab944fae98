"""Measuring a run on the test split of its shards, beside the baselines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from lifting.data import Clips, ClipSource, SequenceInfo, ShardSource
from lifting.evaluation.config import EvaluationConfig
from lifting.evaluation.gathering import Gathered
from lifting.evaluation.methods import (
    LIFTER,
    baseline_predictors,
    rows_predictor,
    truth_used,
)
from lifting.evaluation.protocols import (
    BATCH_OF_A_VIEW,
    DEFAULT_PROTOCOL,
    KEEPS_ROOT,
    is_measured,
    protocol_text,
    protocol_windows,
)
from lifting.evaluation.reporting import scored_joints
from lifting.evaluation.results import WHOLE, Results
from lifting.evaluation.scores import UNITS
from lifting.evaluation.views import RowsPredictor, predict_rows
from lifting.memory import kept_memory
from lifting.runs import Run, RunInfo, open_run, versions
from posecap.errors import InputError
from posecap.shards.store import address_of

RESULTS = "results"


def evaluate(config: EvaluationConfig, progress: Any = None, source: ClipSource | None = None) -> Results:
    """Measures the lifter on every frame of the split and keeps the results in the run folder.

    `source` replaces the shards. Raises InputError where the run or its shards are not there or do
    not fit each other.
    """
    from lifting.training.ranks import choose_device

    run, device = open_run(config.run), choose_device(config.device)
    hypotheses = config.choice(run.info.recipe.evaluation).hypotheses
    config = replace(config, batch=max(config.batch // hypotheses, 1))  # they are predicted at once
    source = open_source(run.info, config) if source is None else source
    clips = evaluation_clips(run.info, source, config)
    predictors = {"lifter": rows_predictor(run, config, source, device)}
    if config.baselines:
        simple = baseline_predictors(run.info, source)
        predictors = {name: _as_rows(name, fitted) for name, fitted in simple.items()} | predictors
    scored = scored_joints(dataset_of(source), run.info.skeleton)
    rows: dict[str, Gathered] = {}
    with kept_memory():
        for name, predict in predictors.items():
            rows |= _gather(predict, clips, config, device, progress, name, scored)
    lifter = rows[LIFTER]
    table = tuple(
        found.row(name, truth_used(name, run.is_metric, config.protocol)) for name, found in rows.items()
    )
    results = Results(protocol_of(run, source, config), table, lifter.frames(), UNITS, lifter.by_sequence())
    folder = config.out or run.path / RESULTS / folder_name(config, source, run.info)
    results.save(folder)
    if config.figure and config.protocol == DEFAULT_PROTOCOL and run.is_metric:
        from lifting.evaluation.figure import draw_frames

        draw_frames(source, lifter.views(), lifter.mpjpe(), folder / "frames.png")
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
    """Clips that hold the frames of the split; InputError where there are none."""
    stride = config.choice(info.recipe.evaluation).stride
    windows = protocol_windows(config.protocol, info.recipe.clips, stride)
    clips = Clips(source, windows, wanted=lambda item: _is_wanted(item, config), keep=2)
    if not len(clips):
        splits = sorted({item.split for item in source.infos})
        raise InputError(f"no sequence of the split '{config.split}' is there (found: {', '.join(splits)})")
    return clips


def _is_wanted(item: SequenceInfo, config: EvaluationConfig) -> bool:
    return item.split == config.split and is_measured(config.protocol, item.key)


def dataset_of(source: ClipSource) -> str | None:
    """Name of the data set that the shards were made of."""
    return source.shards.manifest.dataset if isinstance(source, ShardSource) else None


def _as_rows(name: str, predict: Any) -> RowsPredictor:
    return lambda batch: {name: predict(batch["pose_2d"])}


def _gather(
    predict: RowsPredictor,
    clips: Clips,
    config: EvaluationConfig,
    device: Any,
    progress: Any,
    name: str,
    scored: list[int] | None,
) -> dict[str, Gathered]:
    """Scores of each row that a predictor gives."""
    rows: dict[str, Gathered] = {}
    stage = f"eval {name}"
    if progress is not None:
        progress.start(stage, len(clips.views()), "views")
    of_view = BATCH_OF_A_VIEW.get(config.protocol)
    keep_root, by_view = config.protocol in KEEPS_ROOT, of_view is not None
    for views in predict_rows(predict, clips, of_view or config.batch, device, keep_root, by_view):
        for row, view in views.items():
            rows.setdefault(row, Gathered(scored)).add(view)
        if progress is not None:
            progress.advance(stage, 1)
    if progress is not None:
        progress.finish(stage)
    return rows


def protocol_of(run: Run, source: ClipSource, config: EvaluationConfig) -> dict[str, Any]:
    """Exactly what was measured, on what and how."""
    info, choice = run.info, config.choice(run.info.recipe.evaluation)
    root = "kept" if config.protocol in KEEPS_ROOT else "set to 0"
    return {
        "run": run.path.resolve().name,
        "recipe": info.recipe.name,
        "alignment": info.recipe.alignment.name,
        "seed": info.seed,
        "training": run.stopped() or WHOLE,
        "shards": str(config.features or info.features),
        "shards_sha256": getattr(source, "sha256", None),
        "keypoints": getattr(source, "keypoints", info.keypoints),
        "dataset": dataset_of(source),
        "split": config.split,
        "subjects": sorted({item.subject for item in source.infos if item.split == config.split}),
        "train_subjects": list(info.train_subjects),
        "protocol": config.protocol,
        "clips": protocol_text(config.protocol),
        "overlap_stride": choice.stride,
        "flip": choice.flip,
        "hypotheses": choice.hypotheses,
        "sampling_steps": choice.steps,
        "root": f"predicted root {root}, counted with the other joints",
        "weights": str(run.weights_file.relative_to(run.path)),
        "versions": versions(),
    }


def folder_name(config: EvaluationConfig, source: ClipSource, info: RunInfo) -> str:
    """Name of the results' folder: split and 2D source, and what differs from the default."""
    recipe = info.recipe.evaluation
    parts = [config.split, getattr(source, "keypoints", None) or "given"]
    if config.protocol != DEFAULT_PROTOCOL:
        parts.append(config.protocol)
    if config.hypotheses is not None or config.steps is not None:
        parts.append(f"H{config.hypotheses or recipe.hypotheses}-K{config.steps or recipe.steps}")
    if config.flip not in (None, recipe.flip):
        parts.append("flip" if config.flip else "no-flip")
    if config.stride not in (None, recipe.stride):
        parts.append(f"stride{config.stride}")
    if config.features is not None and info.features != address_of(config.features):
        parts += [config.features.resolve().name, str(getattr(source, "sha256", None))[:8]]
    return "-".join(parts)
