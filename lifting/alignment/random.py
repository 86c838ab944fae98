"""`random`: a control that puts a random vector in the place of every text's features."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from posecap.errors import InputError


class RandomFeatures(Alignment):
    """Another alignment with random text features.

    Each row of the bank becomes a random direction of the row's own length, always the same for the
    same row: what is said is still told apart, what it means is gone.

    Args:
        of: name of the alignment that gets them; further options are that alignment's.
        seed: of the random directions.
    """

    def __init__(
        self, channels: int, joints: int, text_dim: int, of: str = "cm", seed: int = 0, **options: Any
    ) -> None:
        from lifting.alignment import build_alignment

        inner = build_alignment(of, channels=channels, joints=joints, text_dim=text_dim, **options)
        super().__init__(inner.weights)
        if not inner.needs_features:
            raise InputError(f"alignment random: '{of}' reads no text features that could be random")
        self.inner, self.seed = inner, seed
        self._made: tuple[Tensor, Tensor] | None = None

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """The inner alignment's answer to random features."""
        return self.inner(features, dataclasses.replace(text, bank=self.random_bank(text.bank)), pose)

    def random_bank(self, bank: Tensor) -> Tensor:
        """(S, D) random rows with the lengths of the bank's rows; made once for a bank."""
        if self._made is None or self._made[0] is not bank:
            self._made = bank, self._random_rows(bank)
        return self._made[1]

    def _random_rows(self, bank: Tensor) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed)
        directions = torch.randn(bank.shape, generator=generator).to(bank)
        return torch.nn.functional.normalize(directions, dim=-1) * bank.norm(dim=-1, keepdim=True)
