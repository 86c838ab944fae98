"""`shuffled`: a control that gives every clip the texts of another. If it helps as much, the text did not."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch
from torch import Tensor

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from posecap.errors import InputError


class Shuffled(Alignment):
    """Another alignment with exchanged texts.

    The texts of clip i go to clip i + k, k drawn in every step from the texts themselves, so that no
    random number of the training is used up; they stay in the order of time: all that differs from the
    real thing is whose they are. In a batch of one clip they move by half the clip.

    Args:
        of: name of the alignment that gets them; further options are that alignment's.
    """

    def __init__(self, channels: int, joints: int, text_dim: int, of: str = "cm", **options: Any) -> None:
        from lifting.alignment import build_alignment

        inner = build_alignment(of, channels=channels, joints=joints, text_dim=text_dim, **options)
        super().__init__(inner.weights)
        if not inner.needs_text:
            raise InputError(f"alignment shuffled: '{of}' reads no text that could be another clip's")
        self.inner = inner

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """The inner alignment's answer to the exchanged texts."""
        return self.inner(features, exchange(text), pose)


def exchange(text: TextBatch) -> TextBatch:
    """Texts and categories of other clips (of one clip: of other times)."""
    clips, frames = text.ids.shape[:2]
    by = _drawn(text.ids, clips) if clips > 1 else frames // 2
    axis = 0 if clips > 1 else 1

    def moved(values: Tensor | None) -> Tensor | None:
        return None if values is None else values.roll(by, axis)

    return dataclasses.replace(
        text, ids=text.ids.roll(by, axis), mask=text.mask.roll(by, axis), categories=moved(text.categories)
    )


def _drawn(ids: Tensor, clips: int) -> int:
    """1 .. clips - 1, as good as random from batch to batch."""
    generator = torch.Generator().manual_seed(int(ids.sum()) + ids.numel())
    return int(torch.randint(1, clips, (), generator=generator))
