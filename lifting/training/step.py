"""One training step: forward, loss terms, gradient, update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lifting.alignment.diagnostics import between_frame_share, gradient_norms
from lifting.losses import Loss
from lifting.recipes import Recipe
from lifting.training.ranks import Ranks

if TYPE_CHECKING:
    from lifting.backbones import Lifter, LifterOutput
    from lifting.training.captions import CaptionSupervision
    from lifting.training.text import TextSource

Terms = dict[str, Tensor]
MAIN, SECOND = "err1", "err2"
OF_LABELS = (MAIN, SECOND)  # errors against 3D labels


@dataclass
class Learner:
    """The networks of a run and what one step does with them."""

    recipe: Recipe
    model: Lifter
    alignment: nn.Module | None
    text: TextSource | None
    loss: Loss
    optimizer: torch.optim.Optimizer
    device: torch.device
    ranks: Ranks = field(default_factory=Ranks)
    captions: CaptionSupervision | None = None
    step: int = 0
    forward: Any = None
    """The backbone's training forward pass, compiled where the recipe says so."""

    def parameters(self) -> list[nn.Parameter]:
        """All that is trained: the lifter's, then the text branch's."""
        branch = list(self.alignment.parameters()) if self.alignment is not None else []
        return [*self.model.parameters(), *branch]

    def terms(self, batch: dict[str, Tensor]) -> tuple[Terms, LifterOutput]:
        """Weighted loss terms of a batch, whose sum is the loss, and the lifter's output."""
        weight = batch["weight"] * batch["labelled"][:, None]
        output, aligned = self._run(batch)
        terms = {MAIN: self._error(output.pose, batch, weight)}
        if aligned is not None and self.alignment is not None:
            raw = dict(aligned.losses)
            if aligned.pose2 is not None:
                raw[SECOND] = self._error(aligned.pose2, batch, weight)
            weights = self.alignment.weights
            terms |= {name: weights.get(name, 1.0) * value for name, value in raw.items()}  # type: ignore[operator, union-attr]
        if self.captions is not None and self.text is not None:
            terms |= self.captions.terms(output.pose, batch, self.step, self.text.told(batch))
        return terms, output

    def _run(self, batch: dict[str, Tensor]) -> tuple[LifterOutput, Any]:
        forward = self.forward or self.model.training_forward
        half = self.recipe.training.precision == "bfloat16"
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            output = forward(batch["pose_2d"], batch["pose_3d"])
            if self.alignment is None or self.text is None:
                return output, None
            return output, self.alignment(output.features, self.text.of(batch), output.pose)

    def _error(self, pose: Tensor, batch: dict[str, Tensor], weight: Tensor) -> Tensor:
        """The recipe's loss; 0 where no frame of the batch counts (its mean is not defined then)."""
        if not bool(weight.any()):
            return pose.float().sum() * 0
        return self.loss(pose.float(), batch["pose_3d"], weight)["total"]

    def update(self, batch: dict[str, Tensor]) -> Terms:
        """One optimiser step; the detached terms, `total` and the gradient's norm."""
        self.optimizer.zero_grad(set_to_none=True)
        terms, _ = self.terms(batch)
        total = torch.stack(list(terms.values())).sum()
        self._backward(total, batch["weight"].sum())
        norm = self._clip()
        self.optimizer.step()
        logged = {name: value.detach() for name, value in terms.items()} | {"total": total.detach()}
        return self._of_all(logged, batch["weight"].sum()) | {"gradient": norm}

    def _of_all(self, terms: Terms, weight: Tensor) -> Terms:
        """Terms of all processes' frames together."""
        if self.ranks.world == 1:
            return terms
        share = weight / self.ranks.total(weight)
        return {name: self.ranks.total(value * share) for name, value in terms.items()}

    def _backward(self, total: Tensor, weight: Tensor) -> None:
        """Gradient of the mean over all processes' frames, so that processes are as one large batch."""
        share = weight / self.ranks.total(weight) if self.ranks.world > 1 else 1.0
        if self.recipe.loss.scale_by_itself:
            share = share * self.ranks.total(total.detach() * share)
        (total * share).backward()
        self.ranks.average_gradients(self.parameters())

    def _clip(self) -> Tensor:
        limit = self.recipe.optimizer.clip_gradient
        return nn.utils.clip_grad_norm_(self.parameters(), float("inf") if limit is None else limit)

    def gradients_of_terms(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """Norm of the gradient that each term sends into the backbone's features, and how they differ.

        `features_between_frames`: see `between_frame_share`.
        """
        terms, output = self.terms(batch)
        norms = gradient_norms(terms, output.features)
        share = between_frame_share(output.features.detach())
        return {f"gradient/{name}": norm for name, norm in norms.items()} | {"features_between_frames": share}
