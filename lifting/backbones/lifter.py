"""What every backbone is: a module from 2D poses to 3D poses that shows the features before its head."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from posecap.skeletons import load_skeleton

_WRAPPERS = re.compile(r"^(module\.|model\.|pose_estimator\.|_orig_mod\.)+")


class LifterOutput(NamedTuple):
    """pose (B, F, J, 3): metres, root-relative; features (B, F, J, C): what enters the regression head."""

    pose: Tensor
    features: Tensor


class Lifter(nn.Module):
    """Base class of backbones.

    `frames` is the longest clip it takes, `joints` the number of joints J, `feature_channels` the
    width C of its features, `in_channels` how many of x, y, confidence it reads.
    """

    frames: int
    joints: int
    feature_channels: int
    in_channels: int
    head: nn.Module
    public_names: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(pattern, replacement) pairs that turn the public implementation's key names into ours."""

    def __call__(self, *inputs: Tensor) -> LifterOutput:
        return super().__call__(*inputs)

    @classmethod
    def rename_public_keys(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """A state dict of the public implementation with our key names."""
        return {cls._rename(_WRAPPERS.sub("", key)): tensor for key, tensor in state_dict.items()}

    @classmethod
    def _rename(cls, key: str) -> str:
        for pattern, replacement in cls.public_names:
            key = re.sub(pattern, replacement, key)
        return key

    @classmethod
    def sizes_of(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
        """The build options that a state dict (our key names) tells; KeyError where it is another model's."""
        raise NotImplementedError

    def training_forward(self, pose_2d: Tensor, pose_3d: Tensor) -> LifterOutput:
        """The forward pass of a training step; only diffusion backbones look at the target `pose_3d`."""
        del pose_3d
        return self(pose_2d)

    @torch.no_grad()
    def predict(self, pose_2d: Tensor, flip: bool = False, mirror: Tensor | None = None) -> Tensor:
        """(B, F, J, 2 or 3) 2D poses to (B, F, J, 3) 3D poses, metres.

        With `flip` the mean of the prediction and of the mirrored prediction of the mirrored input;
        `mirror` (J,) is the order that swaps left and right joints (Human3.6M's by default).
        """
        pose = self(pose_2d).pose
        if not flip:
            return pose
        order = mirror_order() if mirror is None else mirror
        return (pose + flipped(self(flipped(pose_2d, order)).pose, order)) / 2

    def read_input(self, pose_2d: Tensor) -> Tensor:
        """The channels this backbone reads: further ones are dropped, a missing confidence is 1."""
        missing = self.in_channels - pose_2d.shape[-1]
        if missing <= 0:
            return pose_2d[..., : self.in_channels]
        return torch.cat([pose_2d, pose_2d.new_ones(*pose_2d.shape[:-1], missing)], dim=-1)

    def regress(self, features: Tensor) -> Tensor:
        """(..., C) features through the head to (..., 3), never in half precision: that would round poses
        to half a millimetre before any loss sees them."""
        if features.is_meta or not torch.is_autocast_enabled(features.device.type):
            return self.head(features)
        with torch.autocast(features.device.type, enabled=False):
            return self.head(features.float())

    def num_parameters(self) -> int:
        """Number of trained values."""
        return sum(parameter.numel() for parameter in self.parameters())

    def freeze(self) -> Self:
        """Evaluation mode without gradients; returns itself."""
        return self.eval().requires_grad_(False)


def mirror_order(skeleton: str = "h36m17") -> Tensor:
    """(J,) joint order that swaps left and right."""
    return torch.from_numpy(load_skeleton(skeleton).mirror_order())


def flipped(pose: Tensor, order: Tensor) -> Tensor:
    """(..., J, C) poses mirrored left to right: joints swapped by `order` (J,), x (channel 0) negated."""
    swapped = pose.index_select(-2, order.to(pose.device))
    sign = torch.ones(pose.shape[-1], dtype=pose.dtype, device=pose.device)
    sign[0] = -1
    return swapped * sign
