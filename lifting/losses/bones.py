"""Bone lengths of a predicted pose against those of people whose 3D is known."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from lifting.metrics.arrays import frame_mean

TOLERANCE = 0.05  # bodies differ by that much; what lies within is forgiven


def bone_lengths(pose: Tensor, parents: Sequence[int]) -> Tensor:
    """(..., J - 1) lengths of the bones of poses (..., J, 3), in the order of the joints with a parent."""
    ends = [joint for joint, parent in enumerate(parents) if parent >= 0]
    starts = [parents[joint] for joint in ends]
    return (pose[..., ends, :] - pose[..., starts, :]).square().sum(-1).clamp(min=1e-12).sqrt()


def mean_bone_lengths(pose: Tensor, parents: Sequence[int], weight: Tensor) -> Tensor:
    """(J - 1,) mean lengths over the frames of poses (B, F, J, 3) that count by weight (B, F)."""
    lengths, shares = bone_lengths(pose, parents), weight[..., None]
    return (lengths * shares).sum((0, 1)) / shares.sum()


def bone_length_error(
    pose: Tensor, lengths: Tensor, parents: Sequence[int], weight: Tensor | None = None
) -> Tensor:
    """Mean over bones and frames of how far lengths are off, in metres, beyond TOLERANCE.

    With a pose's image known, the length of a bone leaves two depths for it, and a statement such as
    "the left hand is behind the torso" tells which. VideoPose3D (Pavllo et al. 2019, section 4) compares
    mean lengths of batches with and without labels; here each frame's are compared.

    Args:
        pose: (B, F, J, 3) predicted, metres.
        lengths: (J - 1,) expected, see mean_bone_lengths.
        weight: (B, F), 0 for frames that do not count.
    """
    off = (bone_lengths(pose, parents) - lengths).abs()
    return frame_mean(F.relu(off - TOLERANCE * lengths).mean(-1), weight)
