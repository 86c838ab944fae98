"""MPJPE (protocol 1): mean distance of joints, with no alignment; and its parts by joint, region and axis."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from lifting.metrics.arrays import Array, as_poses, frame_mean

REGIONS_H36M = {
    "R1": (8, 9, 10),  # head and neck
    "R2": (11, 12, 13),  # left arm
    "R3": (14, 15, 16),  # right arm
    "R4": (4, 5, 6),  # left leg
    "R5": (1, 2, 3),  # right leg
}


def joint_errors(pred: Array, target: Array) -> Tensor:
    """(..., J) distance of each joint, metres."""
    pred, target = as_poses(pred, target)
    return torch.linalg.vector_norm(pred - target, dim=-1)


def mpjpe(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """Mean per joint position error of (..., F, J, 3) poses, metres. Differentiable."""
    return frame_mean(joint_errors(pred, target).mean(-1), weight)


def per_joint_mpjpe(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """(J,) mean error of each joint, metres."""
    errors = joint_errors(pred, target)
    return torch.stack([frame_mean(errors[..., joint], weight) for joint in range(errors.shape[-1])])


def per_region_mpjpe(
    pred: Array,
    target: Array,
    weight: Array | None = None,
    regions: Mapping[str, tuple[int, ...]] = REGIONS_H36M,
) -> dict[str, Tensor]:
    """Mean error over the joints of each region, metres."""
    errors = per_joint_mpjpe(pred, target, weight)
    return {name: errors[list(joints)].mean() for name, joints in regions.items()}


def per_axis_error(pred: Array, target: Array, weight: Array | None = None) -> Tensor:
    """(3,) mean absolute error along x, y and z, over all joints, metres."""
    pred, target = as_poses(pred, target)
    errors = (pred - target).abs().mean(-2)
    return torch.stack([frame_mean(errors[..., axis], weight) for axis in range(3)])
