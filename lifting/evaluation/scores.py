"""Errors of predicted views, frame by frame, and their means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import torch
from torch import Tensor

from lifting.data import Clips
from lifting.evaluation.views import Predictor, ViewResult, predict_views
from lifting.metrics import AUC_THRESHOLDS, PCK_THRESHOLD, joint_errors, procrustes, rescale
from lifting.metrics.mpjpe import REGIONS_H36M
from posecap.errors import InputError

MM = 1000.0
FrameScore = Callable[[Tensor, Tensor], Tensor]


def _velocity(prediction: Tensor, target: Tensor) -> Tensor:
    """(T - 1,) error of the difference of neighbouring frames; every pair of the view counts once."""
    return MM * joint_errors(prediction.diff(dim=0), target.diff(dim=0)).mean(-1)


def _pck(prediction: Tensor, target: Tensor) -> Tensor:
    return 100 * (joint_errors(prediction, target) < PCK_THRESHOLD).double().mean(-1)


def _auc(prediction: Tensor, target: Tensor) -> Tensor:
    below = joint_errors(prediction, target)[..., None] < torch.tensor(AUC_THRESHOLDS)
    return 100 * below.double().mean((-2, -1))


def _region(joints: tuple[int, ...]) -> FrameScore:
    return lambda prediction, target: MM * joint_errors(prediction, target)[:, list(joints)].mean(-1)


def _axis(axis: int) -> FrameScore:
    return lambda prediction, target: MM * (prediction - target)[..., axis].abs().mean(-1)


SCORES: dict[str, FrameScore] = {
    "MPJPE": lambda prediction, target: MM * joint_errors(prediction, target).mean(-1),
    "P-MPJPE": lambda prediction, target: MM * joint_errors(procrustes(prediction, target), target).mean(-1),
    "N-MPJPE": lambda prediction, target: MM * joint_errors(rescale(prediction, target), target).mean(-1),
    "MPJVE": _velocity,
    "MPJVE in clips": _velocity,
    "PCK@150": _pck,
    "AUC": _auc,
    **{region: _region(joints) for region, joints in REGIONS_H36M.items()},
    **{axis: _axis(index) for index, axis in enumerate("xyz")},
}
"""From poses (T, J, 3) in metres to one value a frame: mm, PCK in percent, MPJVE in mm a frame."""

UNITS = dict.fromkeys(SCORES, "mm")
UNITS |= dict.fromkeys(("PCK@150", "AUC"), "%") | dict.fromkeys(("MPJVE", "MPJVE in clips"), "mm/frame")


def view_scores(view: ViewResult, scored: list[int] | None = None) -> dict[str, np.ndarray]:
    """Every score of the frames of a view that count; InputError where it has no 3D.

    scored: joints that PCK and AUC count, all where None.
    """
    prediction, target = torch.from_numpy(view.prediction), torch.from_numpy(target_of(view))
    pairs = view.counts[1:] & view.counts[:-1]
    counted = {"MPJVE": pairs, "MPJVE in clips": pairs & (view.clip[1:] == view.clip[:-1])}
    scores = {name: score(prediction, target).numpy() for name, score in SCORES.items()}
    if scored is not None:
        some = prediction[:, scored], target[:, scored]
        scores |= {name: SCORES[name](*some).numpy() for name in ("PCK@150", "AUC")}
    return {name: values[counted.get(name, view.counts)] for name, values in scores.items()}


def target_of(view: ViewResult) -> np.ndarray:
    """The true poses (T, J, 3); InputError where there are none."""
    if view.target is None:
        raise InputError(f"{view.sequence}: there is no 3D to measure against")
    return view.target


def mean_error(
    predict: Predictor, clips: Clips, batch: int = 64, device: torch.device | None = None
) -> float:
    """MPJPE in metres over all frames of all views, which have 3D."""
    errors = []
    for view in predict_views(predict, clips, batch, device):
        errors.append(joint_errors(view.prediction, target_of(view)).mean(-1)[view.counts])
    return float(torch.cat(errors).mean())


def means_by_action(actions: Iterable[str], values: Iterable[np.ndarray]) -> dict[str, float]:
    """Frame-weighted mean of each action that has values."""
    gathered: dict[str, list[np.ndarray]] = {}
    for action, frames in zip(actions, values, strict=True):
        gathered.setdefault(action, []).append(frames)
    return {
        action: float(np.concatenate(parts).mean())
        for action, parts in sorted(gathered.items())
        if sum(map(len, parts))
    }


def mean_of_actions(by_action: Mapping[str, float]) -> float:
    """The field's mean: every action counts alike."""
    return float(np.mean(list(by_action.values())))
