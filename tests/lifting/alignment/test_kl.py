"""The divergence, by hand and by its laws."""

from __future__ import annotations

import pytest
import torch

from lifting.alignment.divergence import divergence
from lifting.alignment.kl import AXES, DIRECTIONS, REDUCTIONS, FeatureDivergence


@pytest.fixture
def features():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(2, 3, 5, 8, generator=generator), torch.randn(2, 3, 5, 8, generator=generator)


def naive(pose: torch.Tensor, trans: torch.Tensor) -> float:
    """Sum of p log(p / q) over channels, mean over tokens."""
    p, q = pose.double().softmax(-1), trans.double().softmax(-1)
    return float((p * (p / q).log()).sum(-1).mean())


def test_the_default_is_the_divergence_of_pose_from_text_over_channels(features):
    found = FeatureDivergence()(*features, torch.ones(2, 3))
    assert float(found) == pytest.approx(naive(*features), rel=1e-5)
    other = FeatureDivergence(direction="trans_pose")(*features, torch.ones(2, 3))
    assert float(other) == pytest.approx(naive(*features[::-1]), rel=1e-5)
    both = FeatureDivergence(direction="symmetric")(*features, torch.ones(2, 3))
    assert float(both) == pytest.approx((float(found) + float(other)) / 2, rel=1e-5)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_it_is_zero_for_equal_features_and_positive_for_others(features, axis, direction, reduction):
    divergence = FeatureDivergence(axis, direction, reduction)
    weight = torch.ones(2, 3)
    assert float(divergence(features[0], features[0], weight)) == pytest.approx(0, abs=1e-6)
    assert float(divergence(*features, weight)) > 1e-3


@pytest.mark.parametrize("needs", [(True, True), (True, False), (False, True)])
def test_its_gradient_is_that_of_the_formula(features, needs):
    logits = [each.double().requires_grad_(wanted) for each, wanted in zip(features, needs, strict=True)]
    assert torch.autograd.gradcheck(divergence, tuple(logits))


def test_reductions_differ_by_the_sizes_they_name(features):
    weight = torch.ones(2, 3)
    token, element, frame = (
        float(FeatureDivergence(reduction=reduction)(*features, weight))
        for reduction in ("token", "element", "frame")
    )
    assert element == pytest.approx(token / 8)
    assert frame == pytest.approx(token * 5)


def test_temperature_divides_the_features(features):
    warm = FeatureDivergence(temperature=2.0)(*features, torch.ones(2, 3))
    assert float(warm) == pytest.approx(naive(features[0] / 2, features[1] / 2), rel=1e-5)


@pytest.mark.parametrize(
    ("gradient", "to_pose", "to_trans"),
    [("both", True, True), ("pose", True, False), ("trans", False, True), ("none", False, False)],
)
def test_gradients_flow_where_the_option_says(features, gradient, to_pose, to_trans):
    pose, trans = (tensor.clone().requires_grad_() for tensor in features)
    loss = FeatureDivergence(gradient=gradient)(pose, trans, torch.ones(2, 3))
    if loss.requires_grad:
        loss.backward()
    assert (pose.grad is not None, trans.grad is not None) == (to_pose, to_trans)


def test_normalised_features_cannot_agree_by_shrinking(features):
    weight = torch.ones(2, 3)
    shrunk = tuple(tensor * 0.05 for tensor in features)
    assert float(FeatureDivergence()(*shrunk, weight)) < 0.01 * float(FeatureDivergence()(*features, weight))
    normalised = FeatureDivergence(normalize=True)
    assert float(normalised(*shrunk, weight)) == pytest.approx(float(normalised(*features, weight)), rel=0.1)
