"""The divergence of two distributions given by logits, with its gradient in as few passes as it takes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """(...): KL(softmax(first) || softmax(second)) over the last axis of logits (..., L)."""
    return _Divergence.apply(first, second)


class _Divergence(torch.autograd.Function):
    """sum P (log P - log Q); its gradient is P (log P - log Q - KL) for the first, Q - P for the second."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        logarithm = first.log_softmax(-1)
        difference = logarithm - second.log_softmax(-1)
        shares = logarithm.exp()
        found = (shares * difference).sum(-1)
        ctx.save_for_backward(shares, difference, found)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None]:
        shares, difference, found = ctx.saved_tensors
        of_rows = shares * gradient[..., None]
        of_first = (difference - found[..., None]).mul_(of_rows) if ctx.needs_input_grad[0] else None
        # Q = P exp(log Q - log P)
        of_second = difference.neg().expm1_().mul_(of_rows) if ctx.needs_input_grad[1] else None
        return of_first, of_second
