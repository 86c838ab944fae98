"""Scale-free re-projection: zero for what projects onto the 2D, whatever its scale and place."""

from __future__ import annotations

import pytest
import torch

from lifting.losses import scale_free_reprojection

INTRINSICS = torch.tensor([[2.3, 2.3, 0.02, -0.01]])


@pytest.fixture
def scene():
    generator = torch.Generator().manual_seed(0)
    pose = 0.3 * torch.randn(1, 6, 17, 3, generator=generator)
    pose = pose - pose[:, :, :1]
    placed = pose + torch.tensor([0.4, -0.2, 4.0])
    perspective = placed[..., :2] / placed[..., 2:] * INTRINSICS[0, :2] + INTRINSICS[0, 2:]
    return pose, perspective


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_the_true_pose_has_no_error_under_perspective_at_any_scale(scene, scale):
    pose, points = scene
    assert scale_free_reprojection(scale * pose, points, intrinsics=INTRINSICS).item() < 2e-3
    assert scale_free_reprojection(pose + 0.1 * torch.randn_like(pose), points, intrinsics=INTRINSICS) > 0.05


def test_weak_perspective_forgives_scale_and_place_only(scene):
    pose, _ = scene
    points = 0.7 * pose[..., :2] + 0.3
    assert scale_free_reprojection(2 * pose, points).item() < 1e-5
    assert scale_free_reprojection(-pose, points).item() > 0.5


def test_shrinking_the_pose_gains_nothing(scene):
    pose, points = scene
    wrong = pose + 0.1 * torch.randn_like(pose)
    whole, shrunk = (scale_free_reprojection(scale * wrong, points).item() for scale in (1.0, 0.01))
    assert shrunk == pytest.approx(whole, rel=1e-3)


@pytest.mark.parametrize("intrinsics", [None, INTRINSICS])
def test_joints_of_no_confidence_and_frames_of_no_weight_do_not_count(scene, intrinsics):
    pose, points = scene
    confidence = torch.ones(1, 6, 17, 1)
    confidence[..., 5, :] = 0
    spoiled = points.clone()
    spoiled[..., 5, :] += 3
    with_confidence = torch.cat([spoiled, confidence], dim=-1)
    same = torch.cat([points, confidence], dim=-1)
    expected = scale_free_reprojection(pose, same, intrinsics=intrinsics)
    found = scale_free_reprojection(pose, with_confidence, intrinsics=intrinsics)
    assert found.item() == pytest.approx(expected.item(), abs=1e-5)
    weight = torch.tensor([[1.0, 1, 1, 0, 0, 0]])
    points[:, 3:] += torch.randn(1, 3, 17, 2)
    part = scale_free_reprojection(pose[:, :3], points[:, :3], intrinsics=intrinsics)
    assert scale_free_reprojection(pose, points, weight, intrinsics).item() == pytest.approx(part.item())


@pytest.mark.parametrize("intrinsics", [None, INTRINSICS])
def test_gradients_are_finite_for_a_pose_that_is_one_point(scene, intrinsics):
    pose = torch.zeros(1, 6, 17, 3, requires_grad=True)
    scale_free_reprojection(pose, scene[1], intrinsics=intrinsics).backward()
    assert pose.grad.isfinite().all()


def test_clips_of_unknown_cameras_are_scaled_beside_those_that_are_projected(scene):
    pose, points = scene
    wrong = (
        pose + 0.1 * torch.randn(pose.shape, generator=torch.Generator().manual_seed(1))
    ).requires_grad_()
    batch = torch.cat([wrong, wrong])
    cameras = torch.cat([INTRINSICS, torch.full_like(INTRINSICS, torch.nan)])
    known = scale_free_reprojection(wrong, points, intrinsics=INTRINSICS)
    unknown = scale_free_reprojection(wrong, points)
    assert known.item() != pytest.approx(unknown.item(), rel=1e-3)
    both = scale_free_reprojection(batch, points.repeat(2, 1, 1, 1), intrinsics=cameras)
    assert both.item() == pytest.approx((known + unknown).item() / 2)
    expected = torch.autograd.grad((known + unknown) / 2, wrong)[0]
    torch.testing.assert_close(torch.autograd.grad(both, wrong)[0], expected)
