"""Metrics by hand-worked cases and by the laws they obey."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lifting import metrics
from posecap.errors import InputError


def random_poses(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, 17, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def random_rotation(seed: int) -> torch.Tensor:
    q, _ = torch.linalg.qr(
        torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    )
    return q * torch.det(q)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_p_mpjpe_does_not_see_similarities_but_sees_reflections(seed, scale, shift):
    target = random_poses(seed, 4)
    moved = scale * target @ random_rotation(seed) + shift
    assert float(metrics.p_mpjpe(moved, target)) < 1e-9
    assert float(metrics.p_mpjpe(moved * torch.tensor([-1, 1, 1]), target)) > 0.1


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=st.floats(0.1, 10))
def test_n_mpjpe_does_not_see_scale(seed, scale):
    target = random_poses(seed, 4)
    assert float(metrics.n_mpjpe(scale * target, target)) < 1e-9
    assert float(metrics.n_mpjpe(target + 1, target)) <= float(metrics.mpjpe(target + 1, target)) * 1.5


def test_mpjpe_of_a_shift_is_its_length_and_a_still_offset_has_no_velocity_error():
    target = random_poses(0, 2, 5)
    pred = target + torch.tensor([0.03, 0.0, 0.04])
    assert float(metrics.mpjpe(pred, target)) == pytest.approx(0.05)
    assert float(metrics.mpjve(pred, target)) == pytest.approx(0, abs=1e-12)
    assert metrics.per_axis_error(pred, target).tolist() == pytest.approx([0.03, 0, 0.04])


def test_velocity_across_clips_sees_the_jump_between_clips_only():
    target = torch.zeros(2, 3, 17, 3)
    pred = target.clone()
    pred[1, ..., 0] = 0.5
    assert float(metrics.mpjve(pred, target)) == 0
    assert float(metrics.mpjve_across_clips(pred, target)) == pytest.approx(0.5 / 5)


def test_a_region_has_the_error_of_its_joints():
    target = torch.zeros(1, 2, 17, 3)
    pred = target.clone()
    pred[:, :, 13, 2] = 0.3  # the left wrist
    regions = metrics.per_region_mpjpe(pred, target)
    assert float(regions["R2"]) == pytest.approx(0.1)
    assert [float(regions[name]) for name in ("R1", "R3", "R4", "R5")] == [0, 0, 0, 0]


@pytest.mark.parametrize("metric", ["mpjpe", "p_mpjpe", "n_mpjpe", "mpjve", "pck", "auc"])
def test_frames_of_weight_zero_do_not_count_even_when_they_are_not_finite(metric):
    pred, target = random_poses(1, 2, 6), random_poses(2, 2, 6)
    weight = torch.ones(2, 6)
    weight[:, 4:] = 0
    function = metrics.METRICS[metric]
    whole = function(pred[:, :4], target[:, :4])
    spoiled = pred.clone()
    if metric != "p_mpjpe":  # a decomposition of what is not finite fails by itself
        spoiled[:, 4:] = float("inf")
    assert float(function(spoiled, target, weight)) == pytest.approx(float(whole))


def test_pck_counts_strictly_below_the_threshold():
    target = np.zeros((1, 4, 3))
    pred = target.copy()
    pred[0, :, 0] = [0.0, 0.1, 0.15, 0.2]
    assert float(metrics.pck(pred, target)) == 50
    assert float(metrics.pck(pred, target, joints=[0, 1])) == 100
    assert float(metrics.auc(np.zeros((1, 4, 3)), target)) == pytest.approx(100 * 30 / 31)


def test_p3_is_the_mean_of_the_hard_actions():
    errors = {"Sitting": 3.0, "SittingDown": 6.0, "Photo": 9.0, "Walking": 100.0}
    assert metrics.p3(errors) == 6
    with pytest.raises(InputError, match="Photo"):
        metrics.p3({"Sitting": 3.0, "SittingDown": 6.0})


def test_hypothesis_metrics_are_ordered_and_equal_for_one_hypothesis():
    target, poses = random_poses(3, 2, 4), random_poses(4, 2, 1, 5, 4)
    assert metrics.j_best(poses, target) <= metrics.p_best(poses, target, per_clip=True)
    assert metrics.p_best(poses, target, per_clip=True) <= metrics.p_best(poses, target)
    one = poses[:, :, :1]
    for value in (metrics.j_best(one, target), metrics.p_best(one, target), metrics.p_agg(one, target)):
        assert float(value) == pytest.approx(float(metrics.mpjpe(one[:, 0, 0], target)))


def test_shapes_that_differ_are_told():
    with pytest.raises(InputError, match="joints, 3"):
        metrics.mpjpe(np.zeros((2, 17, 3)), np.zeros((2, 16, 3)))
