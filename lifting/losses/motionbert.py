"""The losses of MotionBERT. Limb and angle terms exist and weigh 0 in its released configurations."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics import mpjpe, mpjve, n_mpjpe
from lifting.metrics.arrays import frame_mean

SCALE_ONLY, VELOCITY = 0.5, 20.0
# the bones of the Human3.6M skeleton, (joint nearer to the root, joint farther)
LIMBS = (
    *((0, 1), (1, 2), (2, 3), (0, 4), (4, 5), (5, 6)),
    *((0, 7), (7, 8), (8, 9), (9, 10), (8, 11), (11, 12), (12, 13), (8, 14), (14, 15), (15, 16)),
)
# pairs of those bones, by their place
ANGLES = (
    *((0, 3), (0, 6), (3, 6), (0, 1), (1, 2), (3, 4), (4, 5), (6, 7), (7, 10)),
    *((7, 13), (8, 13), (10, 13), (7, 8), (8, 9), (10, 11), (11, 12), (13, 14), (14, 15)),
)
_COSINE_MARGIN = 1e-7


def motionbert_loss(pred: Tensor, target: Tensor, weight: Tensor | None = None) -> dict[str, Tensor]:
    """mpjpe + 0.5 n_mpjpe + 20 velocity."""
    terms = {
        "mpjpe": mpjpe(pred, target, weight),
        "n_mpjpe": n_mpjpe(pred, target, weight),
        "velocity": mpjve(pred, target, weight),
    }
    return terms | {"total": terms["mpjpe"] + SCALE_ONLY * terms["n_mpjpe"] + VELOCITY * terms["velocity"]}


def limb_lengths(pose: Tensor) -> Tensor:
    """(..., 16) bone lengths of (..., 17, 3) poses."""
    start, end = torch.tensor(LIMBS, device=pose.device).T
    return torch.linalg.vector_norm(pose[..., start, :] - pose[..., end, :], dim=-1)


def limb_length_variance(pred: Tensor) -> Tensor:
    """Mean over clips and limbs of the unbiased variance over time of limb length; pred (B, F, 17, 3)."""
    return limb_lengths(pred).var(dim=-2).mean()


def limb_length_error(pred: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of limb lengths."""
    return (limb_lengths(pred) - limb_lengths(target)).abs().mean()


def limb_angles(pose: Tensor) -> Tensor:
    """(..., 18) angles between bones of (..., 17, 3) poses, radians."""
    start, end = torch.tensor(LIMBS, device=pose.device).T
    bones = torch.nn.functional.normalize(pose[..., end, :] - pose[..., start, :], dim=-1)
    first, second = torch.tensor(ANGLES, device=pose.device).T
    cosine = (bones[..., first, :] * bones[..., second, :]).sum(-1)
    return torch.arccos(cosine.clamp(-1 + _COSINE_MARGIN, 1 - _COSINE_MARGIN))


def angle_error(pred: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of limb angles, radians."""
    return (limb_angles(pred) - limb_angles(target)).abs().mean()


def angle_velocity_error(pred: Tensor, target: Tensor) -> Tensor:
    """Mean absolute difference of the frame-to-frame changes of limb angles, radians."""
    return (limb_angles(pred).diff(dim=-2) - limb_angles(target).diff(dim=-2)).abs().mean()


def weighted_2d(pred: Tensor, target: Tensor, confidence: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean distance in x, y times confidence: pred, target (B, F, J, >= 2), confidence (B, F, J, 1)."""
    errors = torch.linalg.vector_norm((pred[..., :2] - target[..., :2]) * confidence, dim=-1)
    return frame_mean(errors.mean(-1), weight)
