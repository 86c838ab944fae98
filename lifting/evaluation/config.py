"""What an evaluation is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lifting.evaluation.protocols import DEFAULT_PROTOCOL
from lifting.recipes import EvaluationChoice


@dataclass(frozen=True)
class EvaluationConfig:
    """None takes what the run says.

    baselines: also measure those; figure: draw three frames; protocol: see lifting.evaluation.protocols.
    """

    run: Path
    features: Path | None = None
    keypoints: str | None = None
    split: str = "test"
    flip: bool | None = None
    stride: int | None = None
    baselines: bool = True
    figure: bool = True
    batch: int = 64
    device: str = "auto"
    out: Path | None = None
    hypotheses: int | None = None
    steps: int | None = None
    protocol: str = DEFAULT_PROTOCOL

    def choice(self, recipe: EvaluationChoice) -> EvaluationChoice:
        """The recipe's choice with what was told instead."""
        told = {"flip": self.flip, "hypotheses": self.hypotheses, "steps": self.steps, "stride": self.stride}
        return recipe.model_copy(update={key: value for key, value in told.items() if value is not None})
