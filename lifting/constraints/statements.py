"""Statements as constraints on a predicted pose: supervision by captions, without 3D labels."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from lifting.constraints.intervals import Intervals
from lifting.constraints.values import PosecodeValues
from posecap.posecodes.definitions import Definitions, load_definitions
from posecap.skeletons import Skeleton, load_skeleton


class StatementConstraints(nn.Module):
    """How far predicted poses are from what their frames' statements say.

    Exactly 0 on the true pose with the `hinge` penalty (rounding is forgiven), and nothing but the
    prediction, the statements and the camera's up direction is read.

    Args:
        definitions, skeleton: names or objects; of the statements' ids and of the predicted joints.
        frame: the frame the statements were made in, "body" or "camera".
        penalty, slack: see Intervals; slack 1 where captions were made with noise.
    """

    def __init__(
        self,
        definitions: str | Definitions = "h36m17",
        skeleton: str | Skeleton = "h36m17",
        frame: str = "body",
        penalty: str = "hinge",
        slack: float = 0.0,
    ) -> None:
        super().__init__()
        definitions = load_definitions(definitions) if isinstance(definitions, str) else definitions
        skeleton = load_skeleton(skeleton) if isinstance(skeleton, str) else skeleton
        self.values = PosecodeValues(definitions, skeleton, frame)
        self.intervals = Intervals(definitions, penalty, slack)

    def forward(self, pose: Tensor, ids: Tensor, up: Tensor, weight: Tensor | None = None) -> Tensor:
        """Mean violation of all statements told, in units of violation (see Intervals); 0 if none is.

        Args:
            pose: (B, F, J, 3) predicted, metres, camera coordinates, any origin.
            ids: (B, F, M) statements of each frame, -1 where there are fewer.
            up: (B, 3) the direction against gravity in camera coordinates; statements that need it do
                not count where it is NaN.
            weight: (B, F), 0 for frames that do not count.
        """
        penalties, known = self.violations(pose, up)
        rows = ids.clamp(min=0)
        counts = ((ids >= 0) & known.gather(-1, rows)).to(penalties.dtype)
        counts = counts if weight is None else counts * weight[..., None]
        return (penalties.gather(-1, rows) * counts).sum() / counts.sum().clamp(
            min=torch.finfo(counts.dtype).eps
        )

    def violations(self, pose: Tensor, up: Tensor) -> tuple[Tensor, Tensor]:
        """(B, F, S) violation of every statement, told or not; (B, F, S) bool whether it can be judged."""
        values, known = self.values(pose, up[:, None])
        return self.intervals.statement_penalties(values), self.intervals.statements_known(known)
