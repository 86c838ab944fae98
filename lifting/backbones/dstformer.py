"""DSTformer, the backbone of MotionBERT: two streams of spatial and temporal attention in a learned mean.

Zhu et al., "MotionBERT: A Unified Perspective on Learning Human Motion Representations", ICCV 2023.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from lifting.backbones.blocks import BLOCK_EPS, Block, drop_path_rates
from lifting.backbones.embedding import build_embedding
from lifting.backbones.lifter import Lifter, LifterOutput
from posecap.options import Count, Positive, Share

NUM_STREAMS = 2
INIT_STD = 0.02


class Stream(nn.Module):
    """One pair of blocks, spatial then temporal or the other way round."""

    def __init__(
        self, spatial_first: bool, channels: int, heads: int, mlp_ratio: float, drop_path: float
    ) -> None:
        super().__init__()
        self.spatial_first = spatial_first
        self.spatial = Block(channels, heads, mlp_ratio, drop_path)
        self.temporal = Block(channels, heads, mlp_ratio, drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(B, F, J, C) to (B, F, J, C)."""
        if self.spatial_first:
            return self.temporal(self.spatial(x, "joints"), "frames")
        return self.spatial(self.temporal(x, "frames"), "joints")


class DSTformer(Lifter):
    """The published network. Features are its representation: after the last norm, a linear layer and tanh.

    Args:
        frames: longest clip; shorter clips use the first rows of the temporal embedding.
        channels, depth, heads, mlp_ratio: width, layers of both streams, heads, hidden width / width.
        representation: width C of the features.
        joints: J.
        drop_path: rate of the last layer, rising linearly from 0 (published training: 0).
        in_channels: 3 for x, y, confidence (published), 2 without.
        embedding: `joint` (published) or `pose`, see `lifting.backbones.embedding`.
    """

    public_names = (
        (r"^pos_embed$", "spatial_position"),
        (r"^temp_embed$", "temporal_position"),
        (r"^joints_embed\.", "embed."),
        (r"^blocks_st\.", "spatial_first."),
        (r"^blocks_ts\.", "temporal_first."),
        (r"\.(norm[12]|attn|mlp)_s\.", r".spatial.\1."),
        (r"\.(norm[12]|attn|mlp)_t\.", r".temporal.\1."),
        (r"^ts_attn\.", "fusion."),
        (r"^pre_logits\.fc\.", "to_representation."),
    )

    def __init__(
        self,
        frames: Count = 243,
        channels: Count = 512,
        representation: Count = 512,
        depth: Count = 5,
        heads: Count = 8,
        mlp_ratio: Positive = 2,
        joints: Count = 17,
        drop_path: Share = 0.0,
        in_channels: Literal[2, 3] = 3,
        embedding: str = "joint",
    ) -> None:
        super().__init__()
        self.frames, self.joints = frames, joints
        self.in_channels, self.feature_channels = in_channels, representation
        self.embed = build_embedding(embedding, in_channels, channels, joints)
        self.spatial_position = nn.Parameter(torch.zeros(1, joints, channels))
        self.temporal_position = nn.Parameter(torch.zeros(1, frames, 1, channels))
        rates = drop_path_rates(drop_path, depth)
        self.spatial_first = nn.ModuleList(Stream(True, channels, heads, mlp_ratio, rate) for rate in rates)
        self.temporal_first = nn.ModuleList(Stream(False, channels, heads, mlp_ratio, rate) for rate in rates)
        self.norm = nn.LayerNorm(channels, eps=BLOCK_EPS)
        self.to_representation = nn.Linear(channels, representation)
        self.head = nn.Linear(representation, 3)
        self._initialise()
        self.fusion = nn.ModuleList(_fusion(channels) for _ in rates)

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=INIT_STD)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.spatial_position, std=INIT_STD)
        nn.init.trunc_normal_(self.temporal_position, std=INIT_STD)

    def forward(self, pose_2d: Tensor) -> LifterOutput:
        """(B, F, J, 3), x, y normalised and confidence (1 where missing), to LifterOutput."""
        x = self.embed(self.read_input(pose_2d)) + self.spatial_position
        x = x + self.temporal_position[:, : x.shape[1]]
        for first, second, fusion in zip(self.spatial_first, self.temporal_first, self.fusion, strict=True):
            x = _fuse(first(x), second(x), fusion)
        features = torch.tanh(self.to_representation(self.norm(x)))
        return LifterOutput(self.regress(features), features)

    @classmethod
    def sizes_of(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
        """Build options from the tensors' shapes."""
        representation, channels = state_dict["to_representation.weight"].shape
        return {
            "frames": state_dict["temporal_position"].shape[1],
            "joints": state_dict["spatial_position"].shape[1],
            "channels": channels,
            "representation": representation,
            "depth": sum(key.startswith("fusion.") for key in state_dict) // 2,
            "mlp_ratio": state_dict["spatial_first.0.spatial.mlp.fc1.weight"].shape[0] / channels,
            "in_channels": state_dict["embed.weight"].shape[1],
        }


def _fusion(channels: int) -> nn.Linear:
    """The layer that weighs both streams; at first their plain mean."""
    fusion = nn.Linear(NUM_STREAMS * channels, NUM_STREAMS)
    nn.init.zeros_(fusion.weight)
    nn.init.constant_(fusion.bias, 1 / NUM_STREAMS)
    return fusion


def _fuse(first: Tensor, second: Tensor, fusion: nn.Module) -> Tensor:
    """Mean of two streams (B, F, J, C), weighted per token by a softmax over what `fusion` says."""
    shares = fusion(torch.cat([first, second], dim=-1)).softmax(dim=-1)
    return first * shares[..., :1] + second * shares[..., 1:]
