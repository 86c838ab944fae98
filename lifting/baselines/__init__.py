"""What a lifter must beat: predictors fitted in closed form to the training clips.

A baseline is `fit(clips) -> Predictor`, with the same input and output as a lifter's `predict`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lifting.baselines.linear import fit_linear
from lifting.baselines.mean_pose import fit_mean_pose
from lifting.data import Clips

if TYPE_CHECKING:
    from lifting.evaluation.views import Predictor

BASELINES: dict[str, Callable[[Clips], Predictor]] = {"mean pose": fit_mean_pose, "linear": fit_linear}

__all__ = ["BASELINES", "fit_linear", "fit_mean_pose"]
