"""From camera coordinates to the axes that posecodes speak of, in torch: see `posecap.frames`."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.constraints.vectors import cross, dot, length, unit

STEEPEST_LINE = 0.2  # hips or shoulders nearer to vertical than this (sine) tell no heading


def body_axes(lines: list[Tensor], up: Tensor) -> tuple[Tensor, Tensor]:
    """Axes of the body frame and where they are known.

    Args:
        lines: (N, 3) each, from the body's right to its left; the first that is not too steep counts.
        up: (N, 3) against gravity.

    Returns:
        (N, 3, 3) rows x (to the body's left), y (up), z (forward); (N,) bool, False where every line
        is too steep: the heading is then any.
    """
    up = unit(up)
    known = torch.zeros(up.shape[:-1], dtype=torch.bool, device=up.device)
    left = unit(cross(up, torch.eye(3, dtype=up.dtype, device=up.device)[up.abs().argmin(-1)]))
    for line in reversed(lines):
        flat = line - up * dot(line, up)[..., None]
        tells = length(flat) > STEEPEST_LINE * length(line)
        left = torch.where(tells[..., None], unit(flat), left)
        known = known | tells
    return torch.stack([left, up, cross(left, up)], dim=-2), known


def camera_axes(up: Tensor) -> Tensor:
    """(N, 3, 3) axes of a viewer, who sees depth along z: x to the viewer's right, y up, z to the viewer."""
    up = unit(up)
    toward = torch.zeros_like(up)
    toward[..., 2] = -1
    depth = unit(toward - up * dot(up, toward)[..., None])
    return torch.stack([cross(up, depth), up, depth], dim=-2)
