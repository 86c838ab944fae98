"""Parts that the transformer backbones share."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from lifting.backbones.attention import Attention, Axis
from lifting.backbones.linear import Linear

BLOCK_EPS = 1e-6  # of every LayerNorm inside the published transformer blocks
HEAD_EPS = 1e-5  # of the LayerNorm in the published regression heads


class FeedForward(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.fc1 = Linear(channels, hidden)
        self.fc2 = Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        """(..., C) to (..., C)."""
        return self.fc2(F.gelu(self.fc1(x)))


class DropPath(nn.Module):
    """Drops the whole residual branch of a random share of sequences while training (stochastic depth)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor, axis: Axis) -> Tensor:
        """(B, F, J, C) to (B, F, J, C); kept branches are scaled so that the mean stays."""
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        sequences = (*x.shape[:2], 1, 1) if axis == "joints" else (x.shape[0], 1, x.shape[2], 1)
        return x * x.new_empty(sequences).bernoulli_(keep).div_(keep)


class Block(nn.Module):
    """Pre-norm transformer block: x + attention(norm(x)), then x + feed_forward(norm(x))."""

    def __init__(self, channels: int, heads: int, mlp_ratio: float, drop_path: float = 0.0) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(channels, eps=BLOCK_EPS)
        self.attn = Attention(channels, heads)
        self.norm2 = nn.LayerNorm(channels, eps=BLOCK_EPS)
        self.mlp = FeedForward(channels, int(channels * mlp_ratio))
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor, axis: Axis) -> Tensor:
        """(B, F, J, C) to (B, F, J, C); attention runs along `axis`."""
        x = x + self.drop_path(self.attn(self.norm1(x), axis), axis)
        return x + self.drop_path(self.mlp(self.norm2(x)), axis)


def drop_path_rates(largest: float, depth: int) -> list[float]:
    """Rates that rise linearly from 0 in the first block to `largest` in the last."""
    return [largest * index / max(depth - 1, 1) for index in range(depth)]
