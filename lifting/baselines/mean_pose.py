"""The mean training pose, whatever the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lifting.baselines.sums import training_frames
from lifting.data import Clips

if TYPE_CHECKING:
    from lifting.evaluation.views import Predictor


def fit_mean_pose(clips: Clips) -> Predictor:
    """Predicts the mean root-relative pose, camera frame, of the training frames."""
    total, count = 0.0, 0
    for _, pose_3d in training_frames(clips):
        total, count = total + pose_3d.sum(0, dtype="float64"), count + len(pose_3d)
    mean = torch.from_numpy(total / count).float()

    def predict(pose_2d: Tensor) -> Tensor:
        return mean.to(pose_2d.device).expand(*pose_2d.shape[:-1], 3)

    return predict
