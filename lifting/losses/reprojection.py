"""2D re-projection error of a predicted root-relative pose whose distance and scale are not known."""

from __future__ import annotations

import torch
from torch import Tensor

from lifting.metrics.arrays import frame_mean

TINY = 1e-6


def scale_free_reprojection(
    pose: Tensor, pose_2d: Tensor, weight: Tensor | None = None, intrinsics: Tensor | None = None
) -> Tensor:
    """Mean distance between 2D joints and the predicted ones, in shares of the figure's size in the image.

    Each frame's pose is put where it fits its 2D best, so that neither its place nor its scale is
    asked for; the size of the figure divides, so that shrinking the pose gains nothing.

    Args:
        pose: (B, F, J, 3) metres, camera axes (x right, y down, z forward), root-relative.
        pose_2d: (B, F, J, 2 or 3) normalised x, y; a third channel is the confidence: joints count by it.
        weight: (B, F), 0 for frames that do not count.
        intrinsics: (B, >= 4) focal lengths fx, fy and centre cx, cy in the units of pose_2d; with them
            the place is a translation under perspective, without them a scaling (weak perspective), as
            for the clips whose intrinsics are NaN.
    """
    points = pose_2d[..., :2]
    confidence = pose_2d[..., 2] if pose_2d.shape[-1] > 2 else torch.ones_like(points[..., 0])
    confidence = confidence / confidence.sum(-1, keepdim=True).clamp(min=TINY)
    projected = _project(pose, points, confidence, intrinsics)
    errors = ((projected - points).square().sum(-1) + TINY**2).sqrt()
    return frame_mean((errors * confidence).sum(-1) / _size(points, confidence), weight)


def _project(pose: Tensor, points: Tensor, confidence: Tensor, intrinsics: Tensor | None) -> Tensor:
    """(B, F, J, 2) each clip's pose where it fits its points best, by its camera where that is known."""
    if intrinsics is None:
        return _weak_perspective(pose, points, confidence)
    known = intrinsics[:, :4].isfinite().all(-1)
    if bool(known.all()):
        return _perspective(pose, points, confidence, intrinsics[:, None, None])
    # both for all, as shapes that depend on the batch are slow; NaN would spoil the gradient of the rest
    told = torch.where(known[:, None], intrinsics, torch.ones_like(intrinsics))
    by_camera = _perspective(pose, points, confidence, told[:, None, None])
    by_scale = _weak_perspective(pose, points, confidence)
    return torch.where(known[:, None, None, None], by_camera, by_scale)


def _centred(values: Tensor, confidence: Tensor) -> Tensor:
    return values - (values * confidence[..., None]).sum(-2, keepdim=True)


def _size(points: Tensor, confidence: Tensor) -> Tensor:
    """(B, F) root mean square distance of 2D joints from their mean."""
    squares = _centred(points, confidence).square().sum(-1)
    return ((squares * confidence).sum(-1) + TINY**2).sqrt()


def _weak_perspective(pose: Tensor, points: Tensor, confidence: Tensor) -> Tensor:
    """x and y of the pose, scaled and shifted onto the points by least squares."""
    flat, wanted = _centred(pose[..., :2], confidence), _centred(points, confidence)
    weights = confidence[..., None]
    scale = (flat * wanted * weights).sum((-2, -1)) / (flat.square() * weights).sum((-2, -1)).clamp(min=TINY)
    # a pose that is upside down must not be fitted by a negative scale
    return scale.clamp(min=TINY)[..., None, None] * flat + (points - wanted)


def _perspective(pose: Tensor, points: Tensor, confidence: Tensor, intrinsics: Tensor) -> Tensor:
    """Projection of the pose at the translation (X, Y, Z) that fits the points best.

    With rays u = (p - c) / f, u (Z + z) = X + x is linear in the translation: least squares.
    """
    focal, centre = intrinsics[..., :2], intrinsics[..., 2:4]
    rays = (points - centre) / focal
    roots = confidence.clamp(min=0).sqrt()[..., None]
    ones, zeros = torch.ones_like(rays[..., 0]), torch.zeros_like(rays[..., 0])
    rows_x = torch.stack([ones, zeros, -rays[..., 0]], dim=-1) * roots
    rows_y = torch.stack([zeros, ones, -rays[..., 1]], dim=-1) * roots
    rows = torch.cat([rows_x, rows_y], dim=-2)
    wanted = (rays * pose[..., 2:] - pose[..., :2]) * roots
    wanted = torch.cat([wanted[..., 0], wanted[..., 1]], dim=-1)[..., None]
    normal = rows.mT @ rows + TINY * torch.eye(3, dtype=rows.dtype, device=rows.device)
    translation = torch.linalg.solve(normal, rows.mT @ wanted).squeeze(-1)[..., None, :]
    placed = pose + translation
    return placed[..., :2] / placed[..., 2:].clamp(min=0.1) * focal + centre
