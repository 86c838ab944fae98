"""MPJVE: mean distance of joint velocities, metres per frame interval (not per second)."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics.arrays import Array, as_poses, frame_mean
from lifting.metrics.mpjpe import joint_errors


def mpjve(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """Differences between neighbouring frames inside each clip, of (..., F, J, 3) poses. Differentiable.

    With `weight` (..., F) a difference counts as much as the lesser of its two frames.
    """
    pred, target = as_poses(pred, target)
    errors = joint_errors(pred.diff(dim=-3), target.diff(dim=-3)).mean(-1)
    if weight is None:
        return errors.mean()
    weight = torch.as_tensor(weight)
    return frame_mean(errors, torch.minimum(weight[..., 1:], weight[..., :-1]))


def mpjve_across_clips(pred: Array, target: Array) -> Tensor:
    """What public scripts report: clips (..., F, J, 3) laid end to end, so that jumps between clips count."""
    pred, target = as_poses(pred, target)
    return mpjve(pred.flatten(0, -3), target.flatten(0, -3))
