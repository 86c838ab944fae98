"""`cm`: cross-modality blocks, in which the joints' features ask the text."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from lifting.alignment.alignment import TextBatch, look_up
from lifting.alignment.features import ALPHA, BETA, FeatureAlignment
from lifting.alignment.pooling import JointPooling
from lifting.backbones.attention import attend_to, check_heads, split_heads
from lifting.backbones.linear import Linear
from posecap.errors import unknown_name
from posecap.options import Count, Positive, Weight

RESIDUALS = ("text", "pose")


class CrossModality(FeatureAlignment):
    """The method's cross-modality alignment.

    w0 (J text tokens a frame) is the frame's texts pooled for each joint (`JointPooling`). Each of M
    blocks computes, within a frame,

        h  = LN(w + MCA(w, f_pose))     queries from f_pose, keys and values from w
        w' = LN(h + FF(h))

    and the last w' is f_trans. Loss terms: `kl` = KL(f_pose, f_trans), see FeatureDivergence, and
    the error of a second head on f_trans.

    Args:
        channels, joints, text_dim: C, J, D.
        blocks, heads: M and the number of attention heads.
        hidden_ratio: hidden width of FF / C; the paper leaves it open, a narrow one keeps the text branch
            below a twentieth of a full-size training step.
        residual: `text` (published: the sum goes over w) or `pose` (over the query side, f_pose).
        query_gradient: whether gradients of the text branch reach the backbone through the queries.
        alpha, beta, kl: see FeatureAlignment.
    """

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        blocks: Count = 1,
        heads: Count = 8,
        hidden_ratio: Positive = 0.5,
        residual: str = "text",
        query_gradient: bool = True,
        alpha: Weight = ALPHA,
        beta: Weight = BETA,
        kl: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(channels, joints, text_dim, alpha, beta, kl)
        if residual not in RESIDUALS:
            raise unknown_name("cm residual", residual, RESIDUALS)
        self.query_gradient = query_gradient
        self.pooling = JointPooling(text_dim, channels, joints)
        hidden = int(channels * hidden_ratio)
        self.blocks = nn.ModuleList(
            CrossModalityBlock(channels, heads, hidden, residual == "pose") for _ in range(blocks)
        )

    def align(self, features: Tensor, text: TextBatch) -> Tensor:
        """f_trans (B, F, J, C)."""
        asking = (features if self.query_gradient else features.detach()).flatten(0, 1)
        texts, places = text.distinct()
        w = self.pooling(texts)[0].to(asking.dtype)
        for index, block in enumerate(self.blocks):
            w = block(w, asking, places if index == 0 else None)
        return w.unflatten(0, features.shape[:2])


def take(rows: Tensor, places: Tensor) -> Tensor:
    """(N, ...) rows by their places (N,); `look_up` has a faster gradient than indexing."""
    return look_up(rows.flatten(1), places).unflatten(1, rows.shape[1:])


class CrossModalityBlock(nn.Module):
    """One block; see CrossModality."""

    def __init__(self, channels: int, heads: int, hidden: int, residual_of_pose: bool) -> None:
        super().__init__()
        self.heads, self.residual_of_pose = check_heads(channels, heads), residual_of_pose
        self.query = Linear(channels, channels)
        self.key_value = Linear(channels, 2 * channels)
        self.proj = Linear(channels, channels)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.fc1, self.fc2 = Linear(channels, hidden), Linear(hidden, channels)

    def forward(self, w: Tensor, f_pose: Tensor, places: Tensor | None = None) -> Tensor:
        """Text tokens (N, J, C) of N frames, whose pose features are f_pose (N, J, C), to new ones.

        With `places` (N,), w holds each different text once (U, J, C) and frame n has w[places[n]]:
        keys and values are then computed once for each.
        """
        query = split_heads(self.query(f_pose), self.heads)
        key, value = (split_heads(part, self.heads) for part in self.key_value(w).chunk(2, dim=-1))
        if places is not None:
            w, key, value = (take(part, places) for part in (w, key, value))
        mixed = attend_to(query, key, value).transpose(1, 2).flatten(-2)
        h = self.norm1((f_pose if self.residual_of_pose else w) + self.proj(mixed))
        return self.norm2(h + self.fc2(F.gelu(self.fc1(h))))
