"""What goes into an exported lifter and what comes out: names, axes, units, and random examples."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from lifting.backbones import Lifter
from lifting.backbones.d3dp import D3DP

BATCH = "batch"
POSE_AXES = (BATCH, "frames", "joints")
CHANNELS_2D = ("x", "y", "confidence")
CHANNELS_3D = ("x", "y", "z")
OUTPUT = "pose_3d"


@dataclass(frozen=True)
class Port:
    """One input or output: axes in order, the values along the last axis, their unit and dtype."""

    name: str
    axes: tuple[str, ...]
    channels: tuple[str, ...]
    unit: str
    dtype: str = "float32"


def input_ports(model: Lifter, unit_3d: str) -> tuple[Port, ...]:
    """The inputs in order; a diffusion model also takes the noisy pose and the time."""
    channels = CHANNELS_2D[: model.in_channels]
    unit = "normalised image coordinates" + (", confidence 0 to 1" if len(channels) > 2 else "")
    pose_2d = Port("pose_2d", (*POSE_AXES, "channels"), channels, unit)
    if not isinstance(model, D3DP):
        return (pose_2d,)
    noisy = Port("noisy_pose_3d", (*POSE_AXES, "channels"), CHANNELS_3D, unit_3d)
    return pose_2d, noisy, Port("t", (BATCH,), (), "diffusion step, 0 is the least noise", "int64")


def output_port(unit_3d: str) -> Port:
    """The pose: what PyTorch's `model(...).pose` gives."""
    return Port(OUTPUT, (*POSE_AXES, "channels"), CHANNELS_3D, unit_3d)


def random_inputs(model: Lifter, num_clips: int, seed: int = 0) -> tuple[Tensor, ...]:
    """Clips in the range of real ones, in the order of `input_ports`."""
    draw = torch.Generator().manual_seed(seed)
    shape = (num_clips, model.frames, model.joints)
    pose_2d = torch.rand(*shape, model.in_channels, generator=draw)
    pose_2d[..., :2] = pose_2d[..., :2] * 2 - 1
    if not isinstance(model, D3DP):
        return (pose_2d,)
    noisy = model.clamp(torch.randn(*shape, 3, generator=draw)) / model.scale
    return pose_2d, noisy, torch.randint(0, model.schedule.timesteps, (num_clips,), generator=draw)
