"""Input and averaging that every metric shares."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from posecap.errors import InputError

Array = Tensor | np.ndarray


def as_poses(pred: Array, target: Array) -> tuple[Tensor, Tensor]:
    """Both as tensors of one type and shape (..., J, 3); InputError where the shapes differ."""
    pred, target = torch.as_tensor(pred), torch.as_tensor(target)
    if pred.shape != target.shape or pred.dim() < 2 or pred.shape[-1] != 3:
        shapes = f"{tuple(pred.shape)} and {tuple(target.shape)}"
        raise InputError(f"prediction and target must both be (..., joints, 3), they are {shapes}")
    dtype = torch.promote_types(pred.dtype, target.dtype)
    return pred.to(dtype), target.to(device=pred.device, dtype=dtype)


def frame_mean(errors: Tensor, weight: Array | None = None) -> Tensor:
    """Mean of per-frame errors (..., F), weighted by weight (..., F); NaN where all weights are 0."""
    if weight is None:
        return errors.mean()
    weight = torch.as_tensor(weight).to(device=errors.device, dtype=errors.dtype).expand(errors.shape)
    # where: what does not count must not, even where it is not finite
    return torch.where(weight > 0, errors * weight, 0).sum() / weight.sum()
