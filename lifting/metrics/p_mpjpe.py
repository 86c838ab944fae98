"""P-MPJPE (protocol 2): mean distance after the best similarity alignment of each frame."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics.arrays import Array, as_poses, frame_mean
from lifting.metrics.mpjpe import joint_errors


def procrustes(pred: Array, target: Array) -> Tensor:
    """`pred` (..., J, 3) moved, turned and scaled onto `target`, frame by frame, without reflection.

    Closed form by singular value decomposition (Umeyama 1991), in float64. A prediction that is a
    single point stays one: the mean of the target.
    """
    pred, target = as_poses(pred, target)
    pred, target = pred.double(), target.double()
    centre = target.mean(-2, keepdim=True)
    moved, wanted = pred - pred.mean(-2, keepdim=True), target - centre
    left, singular, right = torch.linalg.svd(moved.mT @ wanted)
    sign = torch.ones_like(singular)
    sign[..., -1] = torch.det(left @ right).sign()
    rotation = (left * sign[..., None, :]) @ right
    size = moved.square().sum((-2, -1))
    scale = (singular * sign).sum(-1) / size.clamp(min=torch.finfo(size.dtype).tiny)
    return scale[..., None, None] * (moved @ rotation) + centre


def p_mpjpe(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """Mean joint error of (..., F, J, 3) poses after `procrustes`, metres."""
    return frame_mean(joint_errors(procrustes(pred, target), target).mean(-1), weight)
