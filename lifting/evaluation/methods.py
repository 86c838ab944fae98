"""What is measured: baselines, the lifter, and for diffusion the ways to join hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from lifting.baselines import BASELINES
from lifting.data import Clips, ClipSource, SequenceInfo, Windows
from lifting.evaluation.config import EvaluationConfig
from lifting.evaluation.hypotheses import P_AGG, P_BEST, TRUTH_USED, HypothesesPredictor
from lifting.evaluation.protocols import BATCH_OF_A_VIEW, DEFAULT_PROTOCOL
from lifting.evaluation.views import Predictor, RowsPredictor
from lifting.recipes import EvaluationChoice
from lifting.runs import Run, RunInfo
from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.backbones import Lifter
    from lifting.backbones.d3dp import D3DP

LIFTER = "lifter"


def lifter_predictor(
    run: Run, config: EvaluationConfig, source: ClipSource, device: torch.device
) -> Predictor:
    """The run's lifter as a function of 2D poses; of diffusion, the mean of the hypotheses."""
    model, choice, mirror = _opened(run, config, source, device)
    if not hasattr(model, "sample"):
        return lambda pose_2d: model.predict(pose_2d, flip=choice.flip, mirror=mirror)
    return _sampler(model, choice, mirror).mean


def _opened(
    run: Run, config: EvaluationConfig, source: ClipSource, device: torch.device
) -> tuple[Lifter, EvaluationChoice, Tensor]:
    """The model, how it is to predict, and the joint order that swaps left and right."""
    model, choice = run.model().to(device), config.choice(run.info.recipe.evaluation)
    check_sampling(model, choice, run.info.recipe.backbone.name)
    return model, choice, torch.from_numpy(source.mirror_joints)


def check_sampling(model: Lifter, choice: EvaluationChoice, name: str) -> None:
    """InputError for hypotheses of a lifter that draws none, and for more steps than diffusion has times."""
    if not hasattr(model, "sample"):
        if choice.hypotheses > 1 or choice.steps > 1:
            raise InputError(f"--hypotheses and --steps are for diffusion, not for {name}")
        return
    longest = cast("D3DP", model).schedule.timesteps
    if choice.steps > longest:
        raise InputError(f"--steps {choice.steps}: this {name} knows {longest} times of diffusion at most")


def _sampler(
    model: Lifter, choice: EvaluationChoice, mirror: Tensor, one_a_batch: bool = False
) -> HypothesesPredictor:
    told = (choice.hypotheses, choice.steps, choice.flip, mirror)
    return HypothesesPredictor(model, *told, one_a_batch=one_a_batch)


def rows_predictor(
    run: Run, config: EvaluationConfig, source: ClipSource, device: torch.device
) -> RowsPredictor:
    """The run's lifter as rows of the table; more than one where a diffusion model gives hypotheses.

    Of weights whose poses are in image units, in metres by the depth of the true root.
    """
    rows = _rows(run, config, source, device)
    return rows if run.is_metric else in_metres(rows)


def _rows(run: Run, config: EvaluationConfig, source: ClipSource, device: torch.device) -> RowsPredictor:
    model, choice, mirror = _opened(run, config, source, device)
    if not hasattr(model, "sample"):
        return lambda batch: {LIFTER: model.predict(batch["pose_2d"], flip=choice.flip, mirror=mirror)}
    sampler = _sampler(model, choice, mirror, one_a_batch=config.protocol in BATCH_OF_A_VIEW)
    return lambda batch: {row_name(name): pose for name, pose in sampler(batch).items()}


def in_metres(predict: RowsPredictor) -> RowsPredictor:
    """Poses in half image widths to metres: times the root's depth over the focal length, frame by frame.

    MotionBERT's evaluation does the same with the factor that its files bring (`2.5d_factor`).
    """

    def scaled(batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if "intrinsics" not in batch:
            raise InputError("poses in image units are measured through cameras, and the shards have none")
        focal = batch["intrinsics"][:, :2].mean(-1)[:, None, None, None]
        return {name: pose * batch["root"][..., 2:] / focal for name, pose in predict(batch).items()}

    return scaled


def row_name(aggregation: str) -> str:
    """The honest aggregation has the plain name."""
    return LIFTER if aggregation == P_AGG else f"{LIFTER} {aggregation}"


def truth_used(row: str, is_metric: bool = True, protocol: str = DEFAULT_PROTOCOL) -> str:
    """What of the ground truth a row of the table saw."""
    if row == row_name(P_BEST) and protocol in BATCH_OF_A_VIEW:
        return f"chooses a hypothesis for every {BATCH_OF_A_VIEW[protocol]} clips"
    if not is_metric and row == LIFTER:
        return "depth of the root, for the scale"
    return {row_name(name): truth for name, truth in TRUTH_USED.items()}.get(row, "none")


def baseline_predictors(info: RunInfo, source: ClipSource) -> dict[str, Predictor]:
    """Baselines fitted to what the run was trained on; none where those sequences are not there."""
    training = Clips(source, Windows(info.recipe.clips.frames), wanted=_trained_on(info), flip=True, keep=2)
    return {name: fit(training) for name, fit in BASELINES.items()} if len(training) else {}


def _trained_on(info: RunInfo) -> Callable[[SequenceInfo], bool]:
    chosen = info.recipe.supervision
    labelled = set(info.train_subjects) - set(chosen.subjects_captions)
    if chosen.subjects_3d is not None:
        labelled &= set(chosen.subjects_3d)
    imported = not info.train_subjects
    return lambda item: item.split == "train" and (imported or item.subject in labelled)
