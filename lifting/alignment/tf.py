"""`tf`: learnable pose tokens beside the texts through a transformer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lifting.alignment.alignment import TextBatch, look_up
from lifting.alignment.features import ALPHA, BETA, FeatureAlignment
from lifting.backbones.attention import attend_to, check_heads, split_heads
from lifting.backbones.blocks import FeedForward
from lifting.backbones.linear import Linear
from posecap.options import Count, Positive, Weight


class TextTransformer(FeatureAlignment):
    """A frame's texts and J learnable tokens attend to each other; the J tokens that come out are f_trans.

    Args:
        channels, joints, text_dim: C, J, D.
        blocks, heads, hidden_ratio: of the transformer (pre-norm, exact GELU).
        alpha, beta, kl: see FeatureAlignment.
    """

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        blocks: Count = 1,
        heads: Count = 8,
        hidden_ratio: Positive = 2,
        alpha: Weight = ALPHA,
        beta: Weight = BETA,
        kl: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(channels, joints, text_dim, alpha, beta, kl)
        self.embed = nn.Linear(text_dim, channels)
        self.tokens = nn.Parameter(torch.empty(joints, channels))
        nn.init.normal_(self.tokens, std=0.02)
        hidden = int(channels * hidden_ratio)
        self.blocks = nn.ModuleList(TokenBlock(channels, heads, hidden) for _ in range(blocks))
        self.norm = nn.LayerNorm(channels)

    def align(self, features: Tensor, text: TextBatch) -> Tensor:
        """f_trans (B, F, J, C); features are not looked at."""
        texts, places = text.distinct()
        return self._transform(texts.ids[0], text.bank)[places].unflatten(0, features.shape[:2])

    def _transform(self, ids: Tensor, bank: Tensor) -> Tensor:
        """(N, J, C) tokens after the transformer for N sets of texts, ids (N, M), -1 where none."""
        told = look_up(self.embed(bank.to(self.embed.weight.dtype)), ids.clamp(min=0))
        x = torch.cat([self.tokens.to(told.dtype).expand(len(ids), -1, -1), told], dim=1)
        hidden = torch.cat([ids.new_zeros(len(ids), self.joints, dtype=torch.bool), ids < 0], dim=1)
        for block in self.blocks[:-1]:
            x = block(x, hidden, x.shape[1])
        return self.norm(self.blocks[-1](x, hidden, self.joints))


class TokenBlock(nn.Module):
    """Pre-norm transformer block over tokens of which some are hidden."""

    def __init__(self, channels: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = check_heads(channels, heads)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.query, self.key_value = Linear(channels, channels), Linear(channels, 2 * channels)
        self.proj = Linear(channels, channels)
        self.mlp = FeedForward(channels, hidden)

    def forward(self, x: Tensor, hidden: Tensor, wanted: int) -> Tensor:
        """The first `wanted` of the tokens (N, T, C), of which those `hidden` (N, T) bool are not seen."""
        seen_by = self.norm1(x)
        query = split_heads(self.query(seen_by[:, :wanted]), self.heads)
        key, value = (split_heads(part, self.heads) for part in self.key_value(seen_by).chunk(2, dim=-1))
        mixed = attend_to(query, key, value, hidden).transpose(1, 2).flatten(-2)
        x = x[:, :wanted] + self.proj(mixed)
        return x + self.mlp(self.norm2(x))
