"""A linear layer that uses oneDNN for wide float32 products on a CPU.

torch gives those to MKL, which on some processors takes a fifth longer. Everywhere else, and for
every other type, this is `nn.Linear`; so it is too in a torch that lacks the operation, which is not
part of its public interface.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

WIDE = 256  # input channels from which it is worth while


@cache
def has_onednn_linear() -> bool:
    """Whether this torch has oneDNN's linear operation and it does what is expected of it."""
    x, weight, bias = torch.tensor([[2.0, 3.0]]), torch.tensor([[5.0, 7.0]]), torch.tensor([11.0])
    try:
        return torch.backends.mkldnn.is_available() and bool(_product(x, weight, bias) == 42)
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return False


class Linear(nn.Linear):
    """`nn.Linear` by the faster library; same parameters, same answer but for rounding."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) to (..., out)."""
        if not self._is_for_onednn(x):
            return super().forward(x)
        if torch.is_grad_enabled() and (x.requires_grad or self.weight.requires_grad):
            return _Product.apply(x, self.weight, self.bias)
        return _product(x, self.weight, self.bias)

    def _is_for_onednn(self, x: Tensor) -> bool:
        return (
            self.in_features >= WIDE
            and x.device.type == "cpu"
            and x.dtype == self.weight.dtype == torch.float32
            and not torch.compiler.is_compiling()
            and not torch.is_autocast_enabled("cpu")
            and has_onednn_linear()
        )


def _product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


class _Product(torch.autograd.Function):
    """x W^T + b with the gradients of nn.Linear."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight, bias)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        rows = gradient.flatten(0, -2)
        of_x = _product(gradient, weight.mT, None) if ctx.needs_input_grad[0] else None
        of_weight = rows.mT @ x.flatten(0, -2) if ctx.needs_input_grad[1] else None
        of_bias = rows.sum(0) if ctx.needs_input_grad[2] else None
        return of_x, of_weight, of_bias
