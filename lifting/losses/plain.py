"""The two plain position losses."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from lifting import metrics
from lifting.metrics.arrays import frame_mean


class Loss(Protocol):
    """See the package's docstring."""

    def __call__(self, pred: Tensor, target: Tensor, weight: Tensor | None = None) -> dict[str, Tensor]: ...


def mpjpe_loss(pred: Tensor, target: Tensor, weight: Tensor | None = None) -> dict[str, Tensor]:
    """Mean joint distance, metres (D3DP's loss)."""
    return {"total": metrics.mpjpe(pred, target, weight)}


def mse_loss(pred: Tensor, target: Tensor, weight: Tensor | None = None) -> dict[str, Tensor]:
    """Mean squared coordinate error, square metres."""
    return {"total": frame_mean((pred - target).square().mean((-2, -1)), weight)}
