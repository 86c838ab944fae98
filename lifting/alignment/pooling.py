"""From a frame's texts, any number of them, to one vector for each joint."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lifting.alignment.alignment import TextBatch, look_up, masked_softmax


class JointPooling(nn.Module):
    """Each joint asks a frame's texts by a query of its own.

    Attention rather than a linear map over the places of a list, because a text's place has no fixed
    meaning: it shifts with what else is said. A learned vector for each joint is added, so a frame
    without text gives that.
    """

    def __init__(self, text_dim: int, channels: int, joints: int) -> None:
        super().__init__()
        self.joints = joints
        self.queries = nn.Parameter(torch.empty(joints, channels))
        self.key = nn.Linear(text_dim, channels)
        self.value = nn.Linear(text_dim, channels)
        self.joint = nn.Parameter(torch.empty(joints, channels))
        nn.init.normal_(self.queries)
        nn.init.normal_(self.joint, std=0.02)

    def forward(self, text: TextBatch) -> Tensor:
        """(B, F, J, C) pooled texts."""
        bank = text.bank.to(self.key.weight.dtype)
        # queries and texts meet once for the whole bank, not once for each frame
        logits = self.key(bank) @ self.queries.mT / self.queries.shape[-1] ** 0.5
        asked = look_up(logits, text.rows).mT.float()
        told = look_up(self.value(bank), text.rows)
        return masked_softmax(asked, text.seen[:, :, None]).to(told.dtype) @ told + self.joint
