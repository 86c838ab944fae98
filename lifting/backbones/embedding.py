"""How joints become tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from posecap.errors import unknown_name

EMBEDDINGS = ("joint", "pose")
NUM_IMAGE_AXES = 2


class PoseEmbedding(nn.Linear):
    """Each joint's token from the whole 2D pose, by a linear map of its own.

    All joints but the root are taken relative to the root (joint 0), which keeps its place in the
    image. Small models learn much faster so than from one joint alone, whose relation to the others
    they would first have to find by attention.
    """

    def __init__(self, in_channels: int, channels: int, joints: int) -> None:
        super().__init__(joints * in_channels, joints * channels)
        self.joints = joints

    def forward(self, pose: Tensor) -> Tensor:
        """(..., J, in_channels) to (..., J, C)."""
        centre = torch.zeros_like(pose)
        centre[..., 1:, :NUM_IMAGE_AXES] = pose[..., :1, :NUM_IMAGE_AXES]
        tokens = super().forward((pose - centre).flatten(-2))
        return tokens.unflatten(-1, (self.joints, -1))


def build_embedding(name: str, in_channels: int, channels: int, joints: int) -> nn.Linear:
    """`joint`: one linear map for every joint, as published. `pose`: see PoseEmbedding."""
    if name not in EMBEDDINGS:
        raise unknown_name("embedding", name, EMBEDDINGS)
    if name == "joint":
        return nn.Linear(in_channels, channels)
    return PoseEmbedding(in_channels, channels, joints)
