"""What an alignment takes and gives."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SMALL_BANK = 1024  # rows that are not worth looking through


@dataclass(frozen=True)
class TextBatch:
    """The text of a batch of clips, and what it says.

    ids: (B, F, M) int64 rows of `bank`, -1 where a frame has fewer than M texts.
    bank: (S, D) float32 features of sentences, captions or tokens, on the ids' device.
    mask: (B, F, M) bool, False for padding and for texts that must not be seen.
    categories: (B, F, K) integer category of every posecode, -1 where unknown; None where not read.
    up: (B, 3) the direction up in the camera frame (x right, y down, z forward); None where not known.
    weight: (B, F), 0 for frames that do not count; None if all count.
    """

    ids: Tensor
    bank: Tensor
    mask: Tensor
    categories: Tensor | None = None
    up: Tensor | None = None
    weight: Tensor | None = None

    @property
    def rows(self) -> Tensor:
        """(B, F, M) ids that may be looked up everywhere: padding is 0 (and hidden by `mask`)."""
        return self.ids.clamp(min=0)

    @property
    def seen(self) -> Tensor:
        """(B, F, M) bool: the texts that may be seen."""
        return self.mask & (self.ids >= 0)

    def frames_with_text(self) -> Tensor:
        """(B, F) float: the weight of frames that have a text, 0 for others."""
        some = self.seen.any(-1).to(self.bank.dtype)
        return some if self.weight is None else some * self.weight.to(some.dtype)

    def distinct(self) -> tuple[TextBatch, Tensor]:
        """Each run of frames that are told the same, once, and (B * F,) which of them a frame is.

        Neighbouring frames mostly say the same, so that what depends on text alone need not be computed
        for each. The batch that comes back has shape (1, N, M).
        """
        told = self.ids.masked_fill(~self.seen, -1).flatten(0, 1)
        first = torch.ones(len(told), dtype=torch.bool, device=told.device)
        first[1:] = (told[1:] != told[:-1]).any(-1)
        different, places = told[first], first.cumsum(0) - 1
        return TextBatch(different[None], self.bank, different[None] >= 0), places

    def compact(self) -> TextBatch:
        """The same with only those rows of a large bank that this batch tells.

        Banks of captions or tokens hold far more rows than a batch does, and members map the whole bank.
        """
        if len(self.bank) <= max(self.ids.numel(), SMALL_BANK):
            return self
        rows, places = self.rows.unique(return_inverse=True)
        return dataclasses.replace(self, ids=places.masked_fill(self.ids < 0, -1), bank=self.bank[rows])


@dataclass(frozen=True)
class AlignmentOutput:
    """What an alignment adds to a training step.

    pose2: (B, F, J, 3) a second estimate of the pose from aligned features, or None.
    losses: raw terms by name, each a scalar; the loop weighs them by `Alignment.weights`. The term
        `err2`, the error of pose2, is the loop's to compute: it knows the loss.
    features: (B, F, J, C) aligned features f_trans, for measurements; None where there are none.
    """

    pose2: Tensor | None = None
    losses: dict[str, Tensor] = field(default_factory=dict)
    features: Tensor | None = None


class Alignment(nn.Module):
    """Base class.

    `weights` are the factors of the loss terms by name. `needs_text` tells whether texts are read at
    all, `needs_features` whether their vectors are (or only which statements are told).
    """

    needs_text: bool = True
    needs_features: bool = True

    def __init__(self, weights: dict[str, float] | None = None) -> None:
        super().__init__()
        self.weights = weights or {}

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """Loss terms for a backbone's features (B, F, J, C) and predicted pose (B, F, J, 3), metres."""
        raise NotImplementedError

    def num_parameters(self) -> int:
        """Number of trained values; none of them is needed at test time."""
        return sum(parameter.numel() for parameter in self.parameters())


def look_up(table: Tensor, rows: Tensor) -> Tensor:
    """(..., W) rows of a table (S, W) by ids of any shape."""
    return F.embedding(rows, table)


def masked_softmax(logits: Tensor, seen: Tensor) -> Tensor:
    """Softmax over the last axis of what is seen; all zeros (and no gradient) where nothing is."""
    hidden = torch.finfo(logits.dtype).min
    shares = logits.masked_fill(~seen, hidden).softmax(dim=-1)
    return shares * seen
