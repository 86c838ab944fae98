"""Captions instead of 3D labels: what clips without 3D teach.

Their predicted pose must project onto their 2D (wherever the person stands), agree with what their
captions state, and have about the bone lengths of the people whose 3D is known; nothing else of them is
read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from lifting.constraints import StatementConstraints
from lifting.losses.bones import bone_length_error, mean_bone_lengths
from lifting.losses.reprojection import scale_free_reprojection
from lifting.recipes import SupervisionChoice
from lifting.training.facts import TextFacts
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

if TYPE_CHECKING:
    from lifting.backbones import Lifter


class CaptionSupervision:
    """Loss terms of the clips in a batch that have no 3D."""

    def __init__(self, choice: SupervisionChoice, facts: TextFacts, device: torch.device) -> None:
        self.choice = choice
        slack = float(facts.noise) if choice.slack is None else choice.slack
        constraints = StatementConstraints(
            facts.checked_definitions(), facts.skeleton, facts.frame, choice.penalty, slack
        )
        self.constraints = constraints.to(device)
        self.parents = load_skeleton(facts.skeleton).parents

    def terms(
        self, pose: Tensor, batch: dict[str, Tensor], step: int, told: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Weighted terms `reprojection`, `constraints`, `bones`; all rise from 0 over the warm-up.

        told: (B, F, M) ids of the statements that count, -1 padded; all of the batch where None.
        """
        told = batch["sentence_ids"].long() if told is None else told
        weight = batch["weight"] * (1 - batch["labelled"])[:, None]
        if not bool(weight.any()):
            nothing = pose.float().sum() * 0
            return {"reprojection": nothing, "constraints": nothing, "bones": nothing}
        share = min(1.0, (step + 1) / self.choice.warmup_steps) if self.choice.warmup_steps else 1.0
        intrinsics = batch.get("intrinsics") if self.choice.known_cameras else None
        pose_2d = batch["pose_2d"] if self.choice.confidence else batch["pose_2d"][..., :2]
        flat = scale_free_reprojection(pose.float(), pose_2d, weight, intrinsics)
        stated = self.constraints(pose.float(), told, batch["up"], weight)
        return {
            "reprojection": share * self.choice.reprojection * flat,
            "constraints": share * self.choice.constraints * stated,
            "bones": share * self.choice.bones * self._bones(pose.float(), batch, weight),
        }

    def _bones(self, pose: Tensor, batch: dict[str, Tensor], weight: Tensor) -> Tensor:
        """Against the bodies of the batch's clips with 3D; 0 where there are none."""
        known = batch["weight"] * batch["labelled"][:, None]
        if not bool(known.any()):
            return pose.sum() * 0
        lengths = mean_bone_lengths(batch["pose_3d"], self.parents, known)
        return bone_length_error(pose, lengths, self.parents, weight)


def check_backbone(model: Lifter) -> None:
    """InputError for diffusion, whose training input is made from the 3D label."""
    if hasattr(model, "add_noise"):
        raise InputError("--supervise-captions needs a backbone that reads 2D only, not a diffusion model")
