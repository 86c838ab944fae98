"""N-MPJPE: mean distance after the best scale of each frame.

Rhodin et al., "Unsupervised Geometry-Aware Representation for 3D Human Pose Estimation", ECCV 2018.
"""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics.arrays import Array, as_poses, frame_mean
from lifting.metrics.mpjpe import joint_errors


def rescale(pred: Array, target: Array) -> Tensor:
    """`pred` (..., J, 3) times the scale of each frame that brings it nearest to `target` (no centring)."""
    pred, target = as_poses(pred, target)
    size = pred.square().sum((-2, -1), keepdim=True)
    return pred * ((pred * target).sum((-2, -1), keepdim=True) / size.clamp(min=torch.finfo(size.dtype).tiny))


def n_mpjpe(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """Mean joint error of (..., F, J, 3) poses after `rescale`, metres. Differentiable."""
    return frame_mean(joint_errors(rescale(pred, target), target).mean(-1), weight)
