"""Several hypotheses of a diffusion model made into poses, with and without the ground truth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor

from lifting.metrics.multi import choose, nearest_reprojection

if TYPE_CHECKING:
    from lifting.backbones import Lifter
    from lifting.backbones.d3dp import D3DP

P_AGG, J_AGG, P_BEST, J_BEST = "P-Agg", "J-Agg", "P-Best", "J-Best"
TRUTH_USED = {
    P_AGG: "none",
    J_AGG: "root trajectory and camera",
    P_BEST: "chooses a hypothesis for each clip",
    J_BEST: "chooses a hypothesis for each joint",
}


class HypothesesPredictor:
    """Rows by aggregation; P-Agg, the mean of the hypotheses, is the one that uses no ground truth."""

    def __init__(
        self,
        model: Lifter,
        hypotheses: int,
        steps: int,
        flip: bool,
        mirror: Tensor,
        seed: int = 0,
        one_a_batch: bool = False,
    ) -> None:
        """one_a_batch: P-Best chooses one hypothesis for all clips of a batch, as D3DP's script does."""
        self.one_a_batch = one_a_batch
        self.model = cast("D3DP", model)
        self.hypotheses = hypotheses
        self._options: dict[str, Any] = {"steps": steps, "flip": flip, "mirror": mirror}
        torch.manual_seed(seed)

    def __call__(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """(B, F, J, 3) poses by aggregation."""
        hypotheses = self.drawn(batch["pose_2d"])
        rows = {P_AGG: hypotheses.mean(1)}
        if self.hypotheses > 1:
            rows |= best_of(hypotheses, batch["pose_3d"], batch["weight"], self.one_a_batch)
            if "intrinsics" in batch:
                rows[J_AGG] = nearest_in_image(hypotheses, batch)
        return rows

    def drawn(self, pose_2d: Tensor) -> Tensor:
        """(B, H, F, J, 3) hypotheses in metres, their root at 0."""
        sampled = self.model.sample(pose_2d, self.hypotheses, **self._options)
        hypotheses = sampled[:, -1] / self.model.scale
        hypotheses[..., 0, :] = 0
        return hypotheses

    def mean(self, pose_2d: Tensor) -> Tensor:
        """(B, F, J, 3) P-Agg alone, for which 2D is enough."""
        return self.drawn(pose_2d).mean(1)


def best_of(
    hypotheses: Tensor, target: Tensor, weight: Tensor, one_a_batch: bool = False
) -> dict[str, Tensor]:
    """P-Best and J-Best poses (B, F, J, 3) of hypotheses (B, H, F, J, 3), chosen by the truth.

    P-Best is one hypothesis a clip, or with `one_a_batch` the same for all of them.
    """
    errors = torch.linalg.vector_norm(hypotheses - target[:, None], dim=-1)
    of_clips = (errors.mean(-1) * weight[:, None]).sum(-1)
    by_clip = (of_clips.sum(0, keepdim=True).expand_as(of_clips) if one_a_batch else of_clips).argmin(1)
    whole = hypotheses[torch.arange(len(hypotheses), device=by_clip.device), by_clip]
    return {P_BEST: whole, J_BEST: choose(hypotheses[:, None], errors.argmin(1)[:, None])[:, 0]}


def nearest_in_image(hypotheses: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
    """J-Agg: each joint from the hypothesis that projects nearest to the 2D input, at the true root."""
    projected = project(hypotheses + batch["root"][:, None], batch["intrinsics"])
    choice = nearest_reprojection(projected[:, None], batch["pose_2d"])
    return choose(hypotheses[:, None], choice)[:, 0]


def project(points: Tensor, intrinsics: Tensor) -> Tensor:
    """Camera-frame points (B, ..., 3), metres, to the normalised image (B, ..., 2), with distortion.

    intrinsics: (B, 9), the convention of `posecap.cameras.project`.
    """
    shaped = intrinsics.view(len(intrinsics), *[1] * (points.dim() - 2), 9)
    focal, centre, radial, tangential = shaped.split((2, 2, 3, 2), dim=-1)
    flat = (points[..., :2] / points[..., 2:]).clamp(-1, 1)
    square = flat.square().sum(-1, keepdim=True)
    powers = torch.cat([square, square**2, square**3], dim=-1)
    factor = 1 + (radial * powers).sum(-1, keepdim=True) + (tangential * flat).sum(-1, keepdim=True)
    return focal * (flat * factor + tangential * square) + centre
