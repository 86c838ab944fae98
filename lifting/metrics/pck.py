"""PCK and AUC, by the protocol of MPI-INF-3DHP (Mehta et al., 3DV 2017)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lifting.metrics.arrays import Array, frame_mean
from lifting.metrics.mpjpe import joint_errors

PCK_THRESHOLD = 0.15
AUC_THRESHOLDS = tuple(step * 0.005 for step in range(31))  # 0, 5, ... 150 mm
SCORED_JOINTS_3DHP = tuple(range(14))  # in that data set's order: all but pelvis, spine and head
_ROUNDING = 1e-9


def pck(
    pred: Array,
    target: Array,
    weight: Array | None = None,
    threshold: float = PCK_THRESHOLD,
    joints: Sequence[int] | None = None,
) -> Tensor:
    """Percentage of joints with an error strictly below `threshold` (in the poses' unit: metres).

    `joints` are those that are scored, all by default. An error that equals the threshold but for
    the rounding of float64 is not below it.
    """
    errors = joint_errors(pred, target).double()
    errors = errors if joints is None else errors[..., list(joints)]
    return 100 * frame_mean((errors < threshold * (1 - _ROUNDING)).double().mean(-1), weight)


def auc(
    pred: Array,
    target: Array,
    weight: Array | None = None,
    thresholds: Sequence[float] = AUC_THRESHOLDS,
    joints: Sequence[int] | None = None,
) -> Tensor:
    """Mean PCK over `thresholds` (metres), percent; threshold 0 never counts a joint."""
    return torch.stack([pck(pred, target, weight, threshold, joints) for threshold in thresholds]).mean()
