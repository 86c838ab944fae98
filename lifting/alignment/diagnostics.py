"""Measures of what an alignment does to a lifter, for logs."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor


@torch.no_grad()
def between_frame_share(features: Tensor) -> float:
    """Share of the variance of features (B, F, J, C) that lies between frames, 0 to 1.

    The rest lies between joints and channels and says nothing about the pose: a share that falls
    while a divergence falls means that features collapse.
    """
    flat = features.float().flatten(0, 1)
    return float(flat.var(0, unbiased=False).mean() / flat.var(unbiased=False).clamp(min=1e-12))


def gradient_norms(losses: Mapping[str, Tensor], features: Tensor) -> dict[str, float]:
    """Norm of the gradient that each (weighted) loss term sends into the backbone's features.

    Keeps the graph, so that a training step may go on with it. A term that does not reach the
    features has norm 0.
    """
    return {name: _gradient_norm(loss, features) for name, loss in losses.items()}


def _gradient_norm(loss: Tensor, features: Tensor) -> float:
    if not loss.requires_grad:
        return 0.0
    (gradient,) = torch.autograd.grad(loss, features, retain_graph=True, allow_unused=True)
    return 0.0 if gradient is None else float(gradient.float().norm())
