"""Ridge regression from one frame's 2D pose to its 3D pose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from lifting.baselines.sums import training_frames
from lifting.data import Clips

if TYPE_CHECKING:
    from lifting.evaluation.views import Predictor

RIDGE = 1e-4


def fit_linear(clips: Clips, ridge: float = RIDGE) -> Predictor:
    """Least squares with a penalty of `ridge` times the number of frames; x, y of all joints and 1 as input.

    Confidences are not used: a linear map could only add them up.
    """
    gram, moment, count = 0.0, 0.0, 0
    for pose_2d, pose_3d in training_frames(clips):
        inputs = _inputs(pose_2d.astype(np.float64))
        gram, moment = gram + inputs.T @ inputs, moment + inputs.T @ pose_3d.reshape(len(inputs), -1)
        count += len(inputs)
    penalty = ridge * count * np.eye(len(gram))  # type: ignore[arg-type]
    penalty[-1, -1] = 0
    weights = torch.from_numpy(np.linalg.solve(gram + penalty, moment)).float()

    def predict(pose_2d: Tensor) -> Tensor:
        flat = pose_2d[..., :2].flatten(-2)
        inputs = torch.cat([flat, torch.ones_like(flat[..., :1])], dim=-1)
        return (inputs @ weights.to(inputs)).unflatten(-1, (-1, 3))

    return predict


def _inputs(pose_2d: np.ndarray) -> np.ndarray:
    """(N, J, 3) to (N, 2J + 1)."""
    flat = pose_2d[..., :2].reshape(len(pose_2d), -1)
    return np.concatenate([flat, np.ones((len(flat), 1))], axis=1)
