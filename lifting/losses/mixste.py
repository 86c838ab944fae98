"""The loss of MixSTE: joint-weighted error, smoothness of the prediction, velocity error."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics import joint_errors, mpjve
from lifting.metrics.arrays import frame_mean

# by Human3.6M joint: what moves farthest from the root weighs most
JOINT_WEIGHTS = (1, 1, 2.5, 2.5, 1, 2.5, 2.5, 1, 1, 1, 1.5, 1.5, 4, 4, 1.5, 4, 4)
SMOOTHNESS, VELOCITY = 0.5, 2.0


def mixste_loss(pred: Tensor, target: Tensor, weight: Tensor | None = None) -> dict[str, Tensor]:
    """weighted_mpjpe + 0.5 temporal_consistency + 2 velocity, on 17 joints."""
    terms = {
        "weighted_mpjpe": weighted_mpjpe(pred, target, weight),
        "temporal_consistency": temporal_consistency(pred, weight),
        "velocity": mpjve(pred, target, weight),
    }
    total = (
        terms["weighted_mpjpe"] + SMOOTHNESS * terms["temporal_consistency"] + VELOCITY * terms["velocity"]
    )
    return terms | {"total": total}


def weighted_mpjpe(pred: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean over joints of weight times distance, metres; not divided by the sum of the joint weights."""
    return frame_mean((joint_errors(pred, target) * _joint_weights(pred)).mean(-1), weight)


def temporal_consistency(pred: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean joint-weighted squared difference of neighbouring predicted frames, over x, y, z too."""
    steps = (pred.diff(dim=-3).square().mean(-1) * _joint_weights(pred)).mean(-1)
    return frame_mean(steps, None if weight is None else torch.minimum(weight[..., 1:], weight[..., :-1]))


def _joint_weights(pred: Tensor) -> Tensor:
    return torch.tensor(JOINT_WEIGHTS, dtype=pred.dtype, device=pred.device)
