"""`posecode`: supervision by posecodes without a language model: predict them from the pose features."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from lifting.alignment.categories import check_source, known_categories
from posecap.options import Weight
from posecap.posecodes.definitions import load_definitions

UNKNOWN = -1


class PosecodeClassifier(Alignment):
    """A linear classifier of every posecode's category on a frame's features; mean cross-entropy.

    Args:
        channels, joints, text_dim: C, J; the last is not needed.
        weight: of the term (0.2 was neutral to helpful in a small pilot, 1.0 hurt).
        source: `statements`: categories that captions tell, the others do not count; `categories`:
            every posecode of the frame, told or not.
        definitions: whose posecodes.
    """

    needs_features = False
    statement_columns: Tensor
    statement_categories: Tensor
    impossible: Tensor

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        weight: Weight = 0.2,
        source: str = "statements",
        definitions: str = "h36m17",
    ) -> None:
        super().__init__({"posecode": weight})
        del text_dim
        self.source = check_source("posecode", source)
        loaded = load_definitions(definitions)
        sizes = torch.tensor([len(loaded.kinds[kind].categories) for kind, _ in loaded.columns])
        self.num_columns, self.num_categories = len(sizes), int(sizes.max())
        self.classifier = nn.Linear(joints * channels, self.num_columns * self.num_categories)
        # super-posecodes have no column: they are written behind the last and cut off
        columns = [s.posecode if s.posecode >= 0 else self.num_columns for s in loaded.statements]
        categories = [statement.category_index for statement in loaded.statements]
        self.register_buffer("statement_columns", torch.tensor(columns), persistent=False)
        self.register_buffer("statement_categories", torch.tensor(categories), persistent=False)
        beyond = torch.arange(self.num_categories) >= sizes[:, None]
        self.register_buffer("impossible", beyond, persistent=False)

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """The term `posecode`."""
        del pose
        logits = self.classifier(features.flatten(-2)).float().unflatten(-1, self.impossible.shape)
        logits = logits.masked_fill(self.impossible, torch.finfo(logits.dtype).min)
        targets = self.targets(text)
        losses = F.cross_entropy(
            logits.flatten(0, -2), targets.flatten(), ignore_index=UNKNOWN, reduction="none"
        ).view(targets.shape)
        counts = (targets != UNKNOWN).to(losses.dtype)
        counts = counts if text.weight is None else counts * text.weight[..., None]
        return AlignmentOutput(losses={"posecode": (losses * counts).sum() / counts.sum().clamp(min=1e-6)})

    def targets(self, text: TextBatch) -> Tensor:
        """(B, F, K) category of every posecode, -1 where it is not known."""
        if self.source == "categories":
            return known_categories(text, "posecode").long()
        columns = self.statement_columns[text.rows].masked_fill(~text.seen, self.num_columns)
        told = torch.full((*columns.shape[:2], self.num_columns + 1), UNKNOWN, device=columns.device)
        told.scatter_(-1, columns, self.statement_categories[text.rows])
        return told[..., : self.num_columns]
