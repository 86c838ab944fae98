"""Metrics of several hypotheses (Shan et al., ICCV 2023); only those called best see the ground truth.

Hypotheses are (B, K, H, F, J, 3): clips, sampling steps, hypotheses, frames, joints; targets are
(B, F, J, 3); metres, root-relative (set the root of every hypothesis to 0 first). Answers are (K,),
one error a step. `align` moves every hypothesis by Procrustes alignment first (P-MPJPE).
"""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics.p_mpjpe import procrustes


def j_best(hypotheses: Tensor, target: Tensor, align: bool = False) -> Tensor:
    """Each joint of each frame from its best hypothesis. Uses the ground truth."""
    return _mean_by_step(_errors(hypotheses, target, align).amin(2))


def p_best(hypotheses: Tensor, target: Tensor, align: bool = False, per_clip: bool = False) -> Tensor:
    """The best hypothesis by mean error. Uses the ground truth.

    The published number takes one hypothesis for the whole batch, so that it depends on the batch
    size; `per_clip` takes one for each clip.
    """
    errors = _errors(hypotheses, target, align).mean((-2, -1))
    return errors.amin(2).mean(0) if per_clip else errors.mean(0).amin(-1)


def p_agg(hypotheses: Tensor, target: Tensor, align: bool = False) -> Tensor:
    """The mean of all hypotheses."""
    return _mean_by_step(_errors(hypotheses.mean(2, keepdim=True), target, align).squeeze(2))


def j_agg(hypotheses: Tensor, target: Tensor, choice: Tensor, align: bool = False) -> Tensor:
    """Each joint from the hypothesis that `choice` (B, K, F, J) names, see `nearest_reprojection`."""
    errors = _errors(hypotheses, target, align)
    return _mean_by_step(errors.gather(2, choice.long()[:, :, None]).squeeze(2))


def nearest_reprojection(reprojected: Tensor, pose_2d: Tensor) -> Tensor:
    """(B, K, F, J) hypothesis whose re-projection lies nearest to the 2D input; the first of equals.

    Args:
        reprojected: (B, K, H, F, J, 2) 2D positions of the hypotheses, in the units of pose_2d. The
            published number adds the *ground-truth* root trajectory before it projects: say so beside it.
        pose_2d: (B, F, J, 2).
    """
    distances = torch.linalg.vector_norm(reprojected - pose_2d[:, None, None, ..., :2], dim=-1)
    return distances.argmin(2)


def choose(hypotheses: Tensor, choice: Tensor) -> Tensor:
    """(B, K, F, J, 3) poses made of the joints that `choice` (B, K, F, J) names."""
    index = choice.long()[:, :, None, ..., None].expand(-1, -1, 1, -1, -1, 3)
    return hypotheses.gather(2, index).squeeze(2)


def _errors(hypotheses: Tensor, target: Tensor, align: bool) -> Tensor:
    """(B, K, H, F, J) distances."""
    wanted = target[:, None, None].expand_as(hypotheses)
    moved = procrustes(hypotheses, wanted) if align else hypotheses
    return torch.linalg.vector_norm(moved - wanted, dim=-1)


def _mean_by_step(errors: Tensor) -> Tensor:
    return errors.mean((0, *range(2, errors.dim())))
