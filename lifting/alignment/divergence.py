"""The divergence of two distributions given by logits, with its gradient in as few passes as it takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

AT_ONCE = 2**16  # numbers of a part: on a CPU a part's passes then stay in the cache


def divergence(first: Tensor, second: Tensor) -> Tensor:
    """(...): KL(softmax(first) || softmax(second)) over the last axis of logits (..., L)."""
    return _Divergence.apply(first.flatten(0, -2), second.flatten(0, -2)).view(first.shape[:-1])


def _parts(*rows: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """The same rows of all tensors (N, ...), a part at a time."""
    first = rows[0]
    size = max(AT_ONCE // first.shape[-1], 1) if first.device.type == "cpu" else max(len(first), 1)
    return zip(*(tensor.split(size) for tensor in rows), strict=True)


class _Divergence(torch.autograd.Function):
    """sum P (log P - log Q); its gradient is P (log P - log Q - KL) for the first, Q - P for the second."""

    @staticmethod
    def forward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        shares, difference, found = (
            torch.empty_like(first),
            torch.empty_like(first),
            first.new_empty(len(first)),
        )
        for p, q, share, differs, sum_ in _parts(first, second, shares, difference, found):
            logarithm = p.log_softmax(-1)
            torch.exp(logarithm, out=share)
            torch.sub(logarithm, q.log_softmax(-1), out=differs)
            torch.sum(share * differs, -1, out=sum_)
        ctx.save_for_backward(shares, difference, found)
        return found

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        shares, difference, found = ctx.saved_tensors
        answers = [torch.empty_like(shares) for _ in range(2)]
        for share, differs, sum_, of_sum, of_first, of_second in _parts(
            shares, difference, found, gradient, *answers
        ):
            of_rows = share * of_sum[:, None]
            torch.sub(differs, sum_[:, None], out=of_first).mul_(of_rows)
            # Q = P exp(log Q - log P)
            torch.neg(differs, out=of_second).expm1_().mul_(of_rows)
        return tuple(answers)
