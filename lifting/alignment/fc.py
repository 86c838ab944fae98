"""`fc`: one linear map over texts and one over their width."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from lifting.alignment.alignment import TextBatch, look_up
from lifting.alignment.features import ALPHA, BETA, FeatureAlignment
from posecap.errors import InputError, unknown_name
from posecap.options import Count, Weight

SLOTS = ("position", "statement")


class FullyConnected(FeatureAlignment):
    """f_trans[j] = sum over texts of A[j, slot] (text V), plus a vector for each joint.

    Args:
        channels, joints, text_dim: C, J, D.
        slots: which column of A a text takes: `position` (the published reading: its place in the
            frame's list) or `statement` (its row in the bank, so that a column has a fixed meaning).
        num_slots: columns of A.
        alpha, beta, kl: see FeatureAlignment.
    """

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        slots: str = "position",
        num_slots: Count = 512,
        alpha: Weight = ALPHA,
        beta: Weight = BETA,
        kl: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(channels, joints, text_dim, alpha, beta, kl)
        if slots not in SLOTS:
            raise unknown_name("fc slots", slots, SLOTS)
        self.by_position = slots == "position"
        self.value = nn.Linear(text_dim, channels)
        self.slots = nn.Parameter(torch.empty(num_slots, joints))
        self.joint = nn.Parameter(torch.empty(joints, channels))
        nn.init.normal_(self.slots, std=joints**-0.5)
        nn.init.normal_(self.joint, std=0.02)

    def align(self, features: Tensor, text: TextBatch) -> Tensor:
        """f_trans (B, F, J, C); features are not looked at."""
        del features
        told = look_up(self.value(text.bank.to(self.value.weight.dtype)), text.rows)
        shares = look_up(self.slots, self._slots_of(text)) * text.seen[..., None]
        return shares.to(told.dtype).mT @ told + self.joint

    def _slots_of(self, text: TextBatch) -> Tensor:
        """(B, F, M) column of A for each text."""
        needed = text.ids.shape[-1] if self.by_position else len(text.bank)
        if needed > len(self.slots):
            raise InputError(f"alignment fc: num_slots is {len(self.slots)}, the data need {needed}")
        if self.by_position:
            return torch.arange(needed, device=text.ids.device).expand_as(text.ids)
        return text.rows
