"""Losses: what they give for simple cases."""

from __future__ import annotations

import pytest
import torch

from lifting.losses import LOSSES, build_loss
from posecap.errors import InputError


@pytest.mark.parametrize("name", list(LOSSES))
def test_a_loss_is_zero_for_a_still_truth_and_ignores_frames_that_do_not_count(name):
    target = torch.randn(2, 1, 17, 3).expand(2, 6, 17, 3).clone()
    loss = build_loss(name)
    assert float(loss(target, target)["total"]) == pytest.approx(0, abs=1e-6)
    pred = (target + 0.1 * torch.randn_like(target)).requires_grad_()
    weight = torch.tensor([1.0, 1, 1, 1, 0, 0]).expand(2, 6)
    loss(pred, target, weight)["total"].backward()
    assert pred.grad[:, :4].any()
    assert not pred.grad[:, 4:].any()


def test_an_unknown_loss_is_told_with_the_near_ones():
    with pytest.raises(InputError, match="mpjpe"):
        build_loss("mpjpee")
