"""D3DP: a diffusion model of 3D poses given 2D poses, around a MixSTE denoiser.

Shan et al., "Diffusion-Based 3D Human Pose Estimation with Multi-Hypothesis Aggregation", ICCV 2023.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from lifting.backbones.diffusion import CosineSchedule, ddim_sample
from lifting.backbones.lifter import LifterOutput, mirror_order
from lifting.backbones.mixste import NUM_COORDINATES, MixSTE
from posecap.errors import InputError
from posecap.options import Count, Positive, Share


class TimeEmbedding(nn.Module):
    """Sinusoids of the diffusion time, then two linear layers."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        if channels < 4 or channels % 2:
            raise InputError(f"backbone d3dp: channels is {channels}, expected an even number, 4 or more")
        self.channels = channels
        self.fc1 = nn.Linear(channels, 2 * channels)
        self.fc2 = nn.Linear(2 * channels, channels)

    def forward(self, t: Tensor) -> Tensor:
        """(B,) integer times to (B, C)."""
        half = self.channels // 2
        # never in a half type: times up to 999 lose their last digits there
        exact = torch.promote_types(self.fc1.weight.dtype, torch.float32)
        steps = torch.arange(half, device=t.device, dtype=exact)
        angles = t.to(exact)[:, None] * torch.exp(steps * -(math.log(10000) / (half - 1)))
        waves = torch.cat([angles.sin(), angles.cos()], dim=-1)
        return self.fc2(nn.functional.gelu(self.fc1(waves.to(self.fc1.weight.dtype))))


class D3DP(MixSTE):
    """Denoiser and diffusion around it.

    Args:
        timesteps: length T of the cosine schedule; times are 0 .. T - 1.
        scale: targets in metres are multiplied by it before noise is added (published: 1).
        (all others): as for MixSTE; the embedding reads x, y and then the noisy x, y, z.
    """

    public_names: ClassVar[tuple[tuple[str, str], ...]] = (
        *MixSTE.public_names,
        (r"^time_mlp\.1\.", "time_embedding.fc1."),
        (r"^time_mlp\.3\.", "time_embedding.fc2."),
    )

    def __init__(
        self,
        frames: Count = 243,
        channels: Count = 512,
        depth: Count = 8,
        heads: Count = 8,
        mlp_ratio: Positive = 2,
        timesteps: Count = 1000,
        scale: Positive = 1.0,
        joints: Count = 17,
        drop_path: Share = 0.0,
        in_channels: Literal[2, 3] = 2,
        embedding: str = "joint",
    ) -> None:
        super().__init__(frames, channels, depth, heads, mlp_ratio, joints, drop_path, in_channels, embedding)
        self.time_embedding = TimeEmbedding(channels)
        self.schedule = CosineSchedule(timesteps)
        self.scale = scale

    def num_input_values(self) -> int:
        """x, y (and confidence), then the noisy x, y, z."""
        return self.in_channels + NUM_COORDINATES

    def forward(self, pose_2d: Tensor, noisy_pose_3d: Tensor, t: Tensor) -> LifterOutput:  # type: ignore[override]
        """One denoising estimate.

        Args:
            pose_2d: (B, F, J, 2 or 3).
            noisy_pose_3d: (B, F, J, 3), what `add_noise` gives.
            t: (B,) integer times.
        """
        tokens = self.embed(torch.cat([self.read_input(pose_2d), noisy_pose_3d], dim=-1))
        time = self.time_embedding(t)[:, None, None]
        return self.encode(tokens + self.spatial_position + time)

    def denoise(self, pose_2d: Tensor, noisy_pose_3d: Tensor, t: Tensor) -> Tensor:
        """The pose estimate alone; noisy (B, F, J, 3) or (B, H, F, J, 3), the answer has its shape."""
        if noisy_pose_3d.dim() == pose_2d.dim():
            return self(pose_2d, noisy_pose_3d, t).pose
        hypotheses = noisy_pose_3d.shape[1]
        repeated = pose_2d.repeat_interleave(hypotheses, dim=0)
        pose = self(repeated, noisy_pose_3d.flatten(0, 1), t.repeat_interleave(hypotheses)).pose
        return pose.unflatten(0, (-1, hypotheses))

    def add_noise(self, pose_3d: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """The denoiser's training input for targets (B, F, J, 3) in metres at times t (B,)."""
        noisy = self.schedule.add_noise(pose_3d * self.scale, t, noise)
        return self.clamp(noisy) / self.scale

    def clamp(self, pose_3d: Tensor) -> Tensor:
        """Scaled poses (any shape) held within what the published model may see and give."""
        return pose_3d.clamp(-1.1 * self.scale, 1.1 * self.scale)

    def training_forward(self, pose_2d: Tensor, pose_3d: Tensor) -> LifterOutput:
        """Denoises the target at a random time of each clip; torch's global generator draws."""
        t = torch.randint(0, self.schedule.timesteps, (len(pose_3d),), device=pose_3d.device)
        noisy = self.add_noise(pose_3d, t, torch.randn_like(pose_3d))
        return self(pose_2d, noisy.to(pose_2d.dtype), t)

    @torch.no_grad()
    def sample(
        self,
        pose_2d: Tensor,
        hypotheses: int = 1,
        steps: int = 1,
        flip: bool = True,
        noise: tuple[Tensor, Tensor] | None = None,
        mirror: Tensor | None = None,
    ) -> Tensor:
        """DDIM sampling of `hypotheses` poses H in `steps` steps K.

        Args:
            pose_2d: (B, F, J, 2 or 3).
            flip: average every step's estimate with the mirrored estimate of the mirrored input.
            noise: the first draw (B, H, F, J, 3) and the draws between steps (K - 1, B, H, F, J, 3),
                to repeat a run; drawn from torch's global generator where None.
            mirror: (J,) joint order that swaps left and right, Human3.6M's by default.

        Returns:
            (B, K, H, F, J, 3): the estimate after every step, times `scale`; the last step is the answer.
        """
        order = None if not flip else (mirror_order() if mirror is None else mirror)
        return ddim_sample(self, pose_2d, hypotheses, steps, order, noise)

    @torch.no_grad()
    def predict(self, pose_2d: Tensor, flip: bool = False, mirror: Tensor | None = None) -> Tensor:
        """One hypothesis in one step, (B, F, J, 3) metres."""
        return self.sample(pose_2d, 1, 1, flip, mirror=mirror)[:, -1, 0] / self.scale

    @classmethod
    def rename_public_keys(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Without the schedule's buffers, which follow from `timesteps`."""
        renamed = super().rename_public_keys(state_dict)
        return {key: tensor for key, tensor in renamed.items() if key not in CosineSchedule.PUBLIC_BUFFERS}

    @classmethod
    def sizes_of(cls, state_dict: Mapping[str, Tensor]) -> dict[str, Any]:
        """Build options from the tensors' shapes."""
        if "time_embedding.fc1.weight" not in state_dict:
            raise KeyError("time_embedding.fc1.weight")
        sizes = super().sizes_of(state_dict)
        return sizes | {"in_channels": sizes["in_channels"] - NUM_COORDINATES}
