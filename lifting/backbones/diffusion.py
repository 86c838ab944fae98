"""The diffusion around a denoiser: cosine schedule and DDIM sampling.

Nichol & Dhariwal 2021 (schedule), Song et al. 2021 (DDIM), with D3DP's clamps, scale and flip average.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from lifting.backbones.lifter import flipped

if TYPE_CHECKING:
    from lifting.backbones.d3dp import D3DP

OFFSET = 0.008
LARGEST_BETA = 0.999


class CosineSchedule(nn.Module):
    """How much of the signal is left at every time, in float64 (it follows from T: never stored)."""

    PUBLIC_BUFFERS = frozenset(
        {
            "betas",
            "alphas_cumprod",
            "alphas_cumprod_prev",
            "sqrt_alphas_cumprod",
            "sqrt_one_minus_alphas_cumprod",
            "log_one_minus_alphas_cumprod",
            "sqrt_recip_alphas_cumprod",
            "sqrt_recipm1_alphas_cumprod",
            "posterior_variance",
            "posterior_log_variance_clipped",
            "posterior_mean_coef1",
            "posterior_mean_coef2",
        }
    )

    def __init__(self, timesteps: int) -> None:
        super().__init__()
        self.timesteps = timesteps
        times = torch.linspace(0, timesteps, timesteps + 1, dtype=torch.float64) / timesteps
        kept = torch.cos((times + OFFSET) / (1 + OFFSET) * torch.pi / 2) ** 2
        betas = (1 - kept[1:] / kept[:-1]).clamp(0, LARGEST_BETA)
        # a plain tensor, no buffer: `model.to(torch.float32)` must not touch its precision
        self.alphas_cumprod = torch.cumprod(1 - betas, dim=0)

    def signal(self, time: int) -> float:
        """Share of the signal's variance that is left at one time; 1 before the first (time -1)."""
        return 1.0 if time < 0 else float(self.alphas_cumprod[time])

    def add_noise(self, clean: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        """x_t of clean (B, ...) at times t (B,), in float64."""
        kept = self.alphas_cumprod.to(t.device)[t].view(-1, *[1] * (clean.dim() - 1))
        return kept.sqrt() * clean.double() + (1 - kept).sqrt() * noise.double()

    def sampling_times(self, steps: int) -> list[int]:
        """steps + 1 times from T - 1 down to -1 (the clean pose)."""
        return [int(time) for time in torch.linspace(-1, self.timesteps - 1, steps + 1)][::-1]


def ddim_sample(
    model: D3DP,
    pose_2d: Tensor,
    hypotheses: int,
    steps: int,
    mirror: Tensor | None,
    noise: tuple[Tensor, Tensor] | None,
) -> Tensor:
    """See `D3DP.sample`. The state runs in float64 only where the model does."""
    shape = (pose_2d.shape[0], hypotheses, *pose_2d.shape[1:-1], 3)
    first, between = noise if noise is not None else (None, None)
    x = (torch.randn(shape, device=pose_2d.device) if first is None else first).to(pose_2d.dtype)
    times, estimates = model.schedule.sampling_times(steps), []
    for step, (time, next_time) in enumerate(pairwise(times)):
        clean = _estimate(model, pose_2d, x, time, mirror)
        estimates.append(clean)
        if next_time >= 0:
            draw = torch.randn(shape, device=x.device) if between is None else between[step]
            x = _next_state(model.schedule, x, clean, time, next_time, draw.to(x.dtype))
    return torch.stack(estimates, dim=1)


def _estimate(model: D3DP, pose_2d: Tensor, x: Tensor, time: int, mirror: Tensor | None) -> Tensor:
    """The clamped clean pose that the model sees in the state x (B, H, F, J, 3)."""
    t = torch.full((len(x),), time, device=x.device)
    seen = model.clamp(x) / model.scale
    clean = model.denoise(pose_2d, seen, t).to(x.dtype)
    if mirror is not None:
        other = model.denoise(flipped(pose_2d, mirror), flipped(seen, mirror), t).to(x.dtype)
        clean = (clean + flipped(other, mirror)) / 2
    return model.clamp(clean * model.scale)


def _next_state(
    schedule: CosineSchedule, x: Tensor, clean: Tensor, time: int, next_time: int, draw: Tensor
) -> Tensor:
    """The state at `next_time` (eta = 1); the noise estimate comes from the unclamped state."""
    now, then = schedule.signal(time), schedule.signal(next_time)
    estimate = ((1 / now) ** 0.5 * x - clean) / (1 / now - 1) ** 0.5
    sigma = ((1 - now / then) * (1 - then) / (1 - now)) ** 0.5
    return then**0.5 * clean + (1 - then - sigma**2) ** 0.5 * estimate + sigma * draw
