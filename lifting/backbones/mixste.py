"""MixSTE: spatial and temporal transformer blocks in turn, one 3D pose for every frame of the clip.

Zhang et al., "MixSTE: Seq2seq Mixed Spatio-Temporal Encoder for 3D Human Pose Estimation in Video",
CVPR 2022.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from lifting.backbones.blocks import BLOCK_EPS, HEAD_EPS, Block, drop_path_rates
from lifting.backbones.embedding import PoseEmbedding, build_embedding
from lifting.backbones.lifter import Lifter, LifterOutput
from posecap.options import Count, Positive, Share

NUM_COORDINATES = 3


class MixSTE(Lifter):
    """The published network: joints attend to each other in every frame, then frames for every joint.

    All spatial blocks share one norm behind them and all temporal blocks another; position
    embeddings enter before the first block of each sort only.

    Args:
        frames: longest clip; shorter clips use the first rows of the temporal embedding.
        channels, depth, heads, mlp_ratio: width, pairs of blocks, attention heads, hidden width / width.
        joints: J.
        drop_path: rate of the last block, rising linearly from 0 (published training: 0.1).
        in_channels: 2 for x, y (published), 3 to read the confidence too.
        embedding: `joint` (published) or `pose`, see `lifting.backbones.embedding`.
    """

    public_names: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"^Spatial_pos_embed$", "spatial_position"),
        (r"^Temporal_pos_embed$", "temporal_position"),
        (r"^Spatial_patch_to_embedding\.", "embed."),
        (r"^STEblocks\.", "spatial_blocks."),
        (r"^TTEblocks\.", "temporal_blocks."),
        (r"^Spatial_norm\.", "spatial_norm."),
        (r"^Temporal_norm\.", "temporal_norm."),
    )

    def __init__(
        self,
        frames: Count = 243,
        channels: Count = 512,
        depth: Count = 8,
        heads: Count = 8,
        mlp_ratio: Positive = 2,
        joints: Count = 17,
        drop_path: Share = 0.0,
        in_channels: Literal[2, 3] = 2,
        embedding: str = "joint",
    ) -> None:
        super().__init__()
        self.frames, self.joints = frames, joints
        self.in_channels, self.feature_channels = in_channels, channels
        self.embed = build_embedding(embedding, self.num_input_values(), channels, joints)
        self.spatial_position = nn.Parameter(torch.zeros(1, joints, channels))
        self.temporal_position = nn.Parameter(torch.zeros(1, frames, channels))
        rates = drop_path_rates(drop_path, depth)
        self.spatial_blocks = nn.ModuleList(Block(channels, heads, mlp_ratio, rate) for rate in rates)
        self.temporal_blocks = nn.ModuleList(Block(channels, heads, mlp_ratio, rate) for rate in rates)
        self.spatial_norm = nn.LayerNorm(channels, eps=BLOCK_EPS)
        self.temporal_norm = nn.LayerNorm(channels, eps=BLOCK_EPS)
        self.head = nn.Sequential(nn.LayerNorm(channels, eps=HEAD_EPS), nn.Linear(channels, NUM_COORDINATES))
        if isinstance(self.embed, PoseEmbedding):
            nn.init.trunc_normal_(self.spatial_position, std=0.02)

    def num_input_values(self) -> int:
        """Values per joint that enter the embedding."""
        return self.in_channels

    def forward(self, pose_2d: Tensor) -> LifterOutput:
        """(B, F, J, 2 or 3), x and y normalised by the image width, to LifterOutput."""
        return self.encode(self.embed(self.read_input(pose_2d)) + self.spatial_position)

    def encode(self, tokens: Tensor) -> LifterOutput:
        """(B, F, J, C) embedded joints, spatial position added, through the blocks and the head."""
        x = tokens
        pairs = zip(self.spatial_blocks, self.temporal_blocks, strict=True)
        for index, (spatial, temporal) in enumerate(pairs):
            x = self.spatial_norm(spatial(x, "joints"))
            if index == 0:
                x = x + self.temporal_position[:, : x.shape[1], None]
            x = self.temporal_norm(temporal(x, "frames"))
        return LifterOutput(self.regress(x), x)

    @classmethod
    def sizes_of(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
        """Build options from the tensors' shapes."""
        embed = state_dict["embed.weight"]
        channels = state_dict["temporal_position"].shape[-1]
        return {
            "frames": state_dict["temporal_position"].shape[1],
            "joints": state_dict["spatial_position"].shape[1],
            "channels": channels,
            "depth": sum(key.endswith(".attn.qkv.weight") for key in state_dict) // 2,
            "mlp_ratio": state_dict["spatial_blocks.0.mlp.fc1.weight"].shape[0] / channels,
            "in_channels": embed.shape[1],
        }
