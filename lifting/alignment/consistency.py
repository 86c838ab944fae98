"""`consistency`: what captions say, without words: the predicted pose is pulled into its true posecodes."""

from __future__ import annotations

from torch import Tensor

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from lifting.alignment.categories import check_source, known_categories
from lifting.constraints import StatementConstraints
from posecap.errors import InputError
from posecap.options import Weight


class Consistency(Alignment):
    """Differentiable posecodes of the predicted pose against the frame's statements or categories.

    Args:
        channels, joints, text_dim: not needed.
        weight: of the term. Its gradient on the pose is some fourteen times that of a loss in metres at
            the same weight; 0.05 was best of 0.02 to 0.3 on a held-out training subject (docs/results.md).
        source: `statements` (what captions tell) or `categories` (every posecode, told or not).
        penalty: `hinge` or `soft`, see lifting.constraints.Intervals.
        slack: multiples of the noise that are forgiven: 1 where captions were made with noise.
        definitions, skeleton, frame: of the statements, of the predicted joints, and of the captions.
    """

    needs_features = False

    def __init__(
        self,
        channels: int,
        joints: int,
        text_dim: int,
        weight: Weight = 0.05,
        source: str = "statements",
        penalty: str = "hinge",
        slack: Weight = 0.0,
        definitions: str = "h36m17",
        skeleton: str = "h36m17",
        frame: str = "body",
    ) -> None:
        super().__init__({"consistency": weight})
        del channels, joints, text_dim
        self.source = check_source("consistency", source)
        self.constraints = StatementConstraints(definitions, skeleton, frame, penalty, slack)

    def forward(self, features: Tensor, text: TextBatch, pose: Tensor | None = None) -> AlignmentOutput:
        """The term `consistency`; features are not looked at."""
        del features
        if pose is None or text.up is None:
            raise InputError("alignment consistency needs the predicted pose and the camera's up direction")
        if self.source == "statements":
            told = text.ids.masked_fill(~text.seen, -1)
            return AlignmentOutput(losses={"consistency": self.constraints(pose, told, text.up, text.weight)})
        return AlignmentOutput(losses={"consistency": self._of_categories(pose, text, text.up)})

    def _of_categories(self, pose: Tensor, text: TextBatch, up: Tensor) -> Tensor:
        """Mean violation over every posecode whose category is known."""
        categories = known_categories(text, "consistency")
        values, known = self.constraints.values(pose, up[:, None])
        counts = (known & (categories >= 0)).to(values.dtype)
        counts = counts if text.weight is None else counts * text.weight[..., None]
        penalties = self.constraints.intervals.category_penalties(values, categories)
        return (penalties * counts).sum() / counts.sum().clamp(min=1e-6)
