"""Posecode values in torch equal those of the captioner, and have finite gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lifting.constraints import PosecodeValues
from posecap.posecodes import extract
from posecap.posecodes.definitions import load_definitions
from posecap.skeletons import load_skeleton


@pytest.mark.parametrize("frame", ["body", "camera"])
@pytest.mark.parametrize(("definitions", "skeleton"), [("h36m17", "h36m17"), ("posescript", "smplh52")])
def test_values_equal_the_captioners(camera_poses, definitions, skeleton, frame):
    joints, up = camera_poses(200, skeleton, seed=1)
    codes = extract(joints, skeleton, definitions, frame=frame, up=up)
    measure = PosecodeValues(load_definitions(definitions), load_skeleton(skeleton), frame)
    values, known = measure(torch.from_numpy(joints), torch.from_numpy(up))
    expected = codes.value_rows.T
    assert known.any(0).tolist() == (codes.category_rows >= 0).all(1).tolist()
    assert known.float().mean() > 0.8
    checked = known.numpy()
    # arccosine near 0 and 180 degrees and values in float32
    np.testing.assert_allclose(values.numpy()[checked], expected[checked], atol=2e-3, rtol=1e-5)


def test_values_are_the_same_wherever_the_camera_stands(camera_poses):
    joints, up = camera_poses(50, seed=2)
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    turn = turn * torch.det(turn)
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    pose, direction = torch.from_numpy(joints), torch.from_numpy(up)
    before, known = measure(pose, direction)
    after, known_after = measure(pose @ turn.T + 3.0, direction @ turn.T)
    assert torch.equal(known, known_after)
    torch.testing.assert_close(after[known], before[known], atol=1e-3, rtol=0)


def test_a_pose_that_lies_on_its_side_tells_no_heading(camera_poses):
    joints, _ = camera_poses(1, seed=3)
    pose = torch.from_numpy(joints)
    pose[0, [11, 14]] = pose[0, [4, 1]]  # shoulders in line with the hips
    up = torch.nn.functional.normalize(pose[0, 4] - pose[0, 1], dim=0)
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    _, known = measure(pose, up)
    assert torch.equal(known[0], measure.measured & ~measure.needs_heading)


@pytest.mark.parametrize("pose", [torch.zeros(1, 17, 3), torch.randn(1, 17, 3) * 1e-4, torch.randn(1, 17, 3)])
def test_gradients_are_finite_also_where_joints_coincide(pose):
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    pose = pose.clone().requires_grad_()
    values, _ = measure(pose, torch.tensor([0.0, -1.0, 0.0]))
    values.sum().backward()
    assert values.isfinite().all()
    assert pose.grad.isfinite().all()


def test_mixed_precision_does_not_reach_the_geometry(camera_poses):
    joints, up = camera_poses(20, seed=6)
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    pose, direction = torch.from_numpy(joints).float(), torch.from_numpy(up).float()
    expected, _ = measure(pose, direction)
    with torch.autocast("cpu", torch.bfloat16):
        found, _ = measure(pose, direction)
    assert torch.equal(found, expected)


def test_gradients_equal_finite_differences(camera_poses):
    joints, up = camera_poses(1, seed=4)
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    pose = torch.from_numpy(joints).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda moved: measure(moved, torch.from_numpy(up))[0], (pose,), eps=1e-7, atol=1e-2, rtol=1e-3
    )


def test_without_an_up_those_values_are_known_that_do_not_change_with_it(camera_poses):
    joints, up = camera_poses(50, seed=4)
    measure = PosecodeValues(load_definitions("h36m17"), load_skeleton("h36m17"))
    pose, up = torch.from_numpy(joints), torch.from_numpy(up)
    values, known = measure(pose, torch.full((3,), torch.nan))
    turned = [measure(pose, other) for other in (up, torch.tensor([0.6, -0.8, 0.0], dtype=up.dtype))]
    constant = (turned[0][0] - turned[1][0]).abs().amax(0) < 1e-3
    assert known.any(0).tolist() == (constant & measure.measured).tolist()
    torch.testing.assert_close(values[known], turned[0][0][known], atol=1e-3, rtol=0)
