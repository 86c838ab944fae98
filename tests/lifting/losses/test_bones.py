"""Bone lengths by hand."""

import pytest
import torch

from lifting.losses.bones import TOLERANCE, bone_length_error, bone_lengths, mean_bone_lengths

PARENTS = (-1, 0, 1)


def chain(first: float, second: float) -> torch.Tensor:
    """One frame of three joints in a line, (1, 1, 3, 3)."""
    return torch.tensor([[[[0.0, 0, 0], [first, 0, 0], [first, second, 0]]]])


def test_lengths_and_their_mean_are_those_of_the_frames_that_count():
    poses = torch.cat([chain(1, 2), chain(3, 4), chain(100, 100)], dim=1)
    assert bone_lengths(poses, PARENTS)[0, 1].tolist() == [3, 4]
    assert mean_bone_lengths(poses, PARENTS, torch.tensor([[1.0, 1, 0]])).tolist() == [2, 3]


def test_only_what_lies_beyond_the_tolerance_counts():
    lengths = torch.tensor([1.0, 2.0])
    assert bone_length_error(chain(1 + 0.9 * TOLERANCE, 2 - 1.9 * TOLERANCE), lengths, PARENTS) == 0
    found = bone_length_error(chain(1.5, 2), lengths, PARENTS)
    assert float(found) == pytest.approx((0.5 - TOLERANCE) / 2)


def test_frames_without_weight_and_joints_in_one_place_do_no_harm():
    poses = torch.cat([chain(1, 2), torch.full((1, 1, 3, 3), float("nan"))], dim=1)
    assert bone_length_error(poses, torch.tensor([1.0, 2]), PARENTS, torch.tensor([[1.0, 0]])) == 0
    collapsed = torch.zeros(1, 1, 3, 3, requires_grad=True)
    bone_length_error(collapsed, torch.tensor([1.0, 2]), PARENTS).backward()
    assert torch.isfinite(collapsed.grad).all()
