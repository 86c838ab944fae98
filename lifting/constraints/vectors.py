"""Vector helpers whose gradients are finite everywhere."""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-6  # metres, or sine of an angle: far below what any threshold tells apart


def length(vectors: Tensor) -> Tensor:
    """(...) lengths of (..., 3) vectors."""
    return (vectors.square().sum(-1) + TINY**2).sqrt()


def unit(vectors: Tensor) -> Tensor:
    """(..., 3) directions; a zero vector stays one."""
    return vectors / length(vectors)[..., None]


def dot(a: Tensor, b: Tensor) -> Tensor:
    """(...) scalar products of (..., 3)."""
    return (a * b).sum(-1)


def cross(a: Tensor, b: Tensor) -> Tensor:
    """(..., 3) vector products."""
    return torch.linalg.cross(a, b, dim=-1)


def degrees_of(across: Tensor, along: Tensor) -> Tensor:
    """Angle of the 2D vectors (along, across) from the first axis, degrees, with the sign of the second."""
    nowhere = (across.abs() < TINY) & (along.abs() < TINY)
    return torch.rad2deg(torch.atan2(across, torch.where(nowhere, along + TINY, along)))
