"""`none`: no text; the lifter as it is."""

from __future__ import annotations

from torch import Tensor

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch


class NoAlignment(Alignment):
    """Adds nothing."""

    needs_text = False
    needs_features = False

    def __init__(self, channels: int, joints: int, text_dim: int) -> None:
        super().__init__()
        del channels, joints, text_dim

    def forward(
        self, features: Tensor, text: TextBatch | None, pose: Tensor | None = None
    ) -> AlignmentOutput:
        """Nothing, whatever comes in."""
        del features, text, pose
        return AlignmentOutput()
