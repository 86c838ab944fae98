"""Exponential moving average of a model's weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


class Averager:
    """Average of the weights after each step; early steps count as in a plain mean, so no start-up bias."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._average = {key: value.detach().clone() for key, value in model.state_dict().items()}

    @torch.no_grad()
    def add(self, model: nn.Module, step: int) -> None:
        """Takes in the weights after optimiser step `step` (the first is 1)."""
        decay = min(self.decay, step / (step + 9))
        for key, value in model.state_dict().items():
            average = self._average[key]
            if average.is_floating_point():
                average.lerp_(value, 1 - decay)
            else:
                average.copy_(value)

    def weights(self) -> dict[str, Tensor]:
        """The averaged state dict."""
        return self._average

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Goes on from weights saved before."""
        for key, average in self._average.items():
            average.copy_(weights[key])
