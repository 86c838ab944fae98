"""From a frame's texts, any number of them, to one vector for each joint."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lifting.alignment.alignment import TextBatch, look_up, masked_softmax


class JointPooling(nn.Module):
    """Each joint asks a frame's texts by queries of its own (one for each head).

    Attention rather than a linear map over the places of a list, because a text's place has no fixed
    meaning: it shifts with what else is said. A learned vector for each joint is added, so a frame
    without text gives that.
    """

    def __init__(self, text_dim: int, channels: int, joints: int, heads: int) -> None:
        super().__init__()
        self.heads, self.joints = heads, joints
        self.queries = nn.Parameter(torch.empty(heads, joints, channels // heads))
        self.key = nn.Linear(text_dim, channels)
        self.value = nn.Linear(text_dim, channels)
        self.joint = nn.Parameter(torch.empty(joints, channels))
        nn.init.normal_(self.queries)
        nn.init.normal_(self.joint, std=0.02)

    def forward(self, text: TextBatch) -> Tensor:
        """(B, F, J, C) pooled texts."""
        bank = text.bank.to(self.key.weight.dtype)
        # queries and texts meet once for the whole bank, not once for each frame
        keys = self.key(bank).unflatten(-1, (self.heads, -1))
        logits = torch.einsum("hjc,shc->shj", self.queries, keys) / keys.shape[-1] ** 0.5
        values = self.value(bank)
        asked = look_up(logits.flatten(1), text.rows).unflatten(-1, (self.heads, self.joints))
        shares = masked_softmax(asked.permute(0, 1, 3, 4, 2).float(), text.seen[:, :, None, None])
        told = look_up(values, text.rows).unflatten(-1, (self.heads, -1)).transpose(2, 3)
        pooled = shares.to(told.dtype) @ told
        return pooled.transpose(2, 3).flatten(-2) + self.joint
