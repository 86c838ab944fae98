"""What `fc`, `tf` and `cm` share: aligned features, their divergence from pose features, a second head."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from lifting.alignment.kl import FeatureDivergence
from posecap.options import Weight, check_options

ALPHA, BETA = 0.5, 0.1  # published weights of the divergence and of the second head's error


class FeatureAlignment(Alignment):
    """Total loss = err1 + alpha KL(f_pose, f_trans) + beta err2.

    Members say how text becomes features f_trans (B, F, J, C) in `align`. Frames without text do not
    enter the divergence.

    Args:
        channels, joints, text_dim: C, J, D.
        alpha, beta: weights of the divergence and of the second head's error.
        kl: options of FeatureDivergence.
    """

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        alpha: Weight = ALPHA,
        beta: Weight = BETA,
        kl: dict[str, Any] | None = None,
    ) -> None:
        super().__init__({"kl": alpha, "err2": beta})
        self.channels, self.joints, self.text_dim = channels, joints, text_dim
        self.divergence = FeatureDivergence(**check_options("kl", FeatureDivergence, kl or {}))
        self.head = nn.Linear(channels, 3)

    def align(self, features: Tensor, text: TextBatch) -> Tensor:
        """f_trans (B, F, J, C) from f_pose (B, F, J, C) and text."""
        raise NotImplementedError

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """The second pose and the term `kl`."""
        del pose
        aligned = self.align(features, text.compact())
        kl = self.divergence(features, aligned, text.frames_with_text())
        return AlignmentOutput(self.head(aligned), {"kl": kl}, aligned)
