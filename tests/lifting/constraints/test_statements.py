"""Statement constraints: nothing on the true pose, something on others, gradients that mend."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lifting.alignment import TextBatch, build_alignment
from lifting.constraints import StatementConstraints
from posecap.cameras import world_to_camera
from posecap.errors import InputError
from posecap.posecodes import Posecodes, extract
from posecap.posecodes.definitions import load_definitions
from posecap.readers import open_dataset


def told(codes: Posecodes) -> torch.Tensor:
    """(1, N, M) ids of the selected statements, -1 padded."""
    selected = codes.selected()
    ids = np.full((len(selected), int(selected.sum(1).max())), -1)
    for row, frame in zip(ids, selected, strict=True):
        row[: frame.sum()] = np.flatnonzero(frame)
    return torch.from_numpy(ids)[None]


@pytest.fixture(scope="module")
def scene(camera_poses):
    joints, up = camera_poses(300, seed=5)
    codes = extract(joints, "h36m17", up=up)
    return torch.from_numpy(joints).float()[None], torch.from_numpy(up).float()[None], codes


@pytest.mark.parametrize("frame", ["body", "camera"])
def test_the_loss_is_exactly_zero_on_the_true_pose(scene, frame):
    pose, up, _ = scene
    codes = extract(pose[0].double().numpy(), "h36m17", frame=frame, up=up[0].double().numpy())
    constraints = StatementConstraints(frame=frame)
    assert float(constraints(pose, told(codes), up)) == 0
    root_relative = pose - pose[:, :, :1]
    assert float(constraints(root_relative, told(codes), up)) == 0


def test_statements_that_hold_are_not_violated_and_those_that_do_not_are(scene):
    pose, up, codes = scene
    violations, known = StatementConstraints()(pose, told(codes), up), None
    assert float(violations) == 0
    violations, known = StatementConstraints().violations(pose, up)
    holds = torch.from_numpy(codes.true_statements())[None]
    assert float(violations[holds & known].max()) == 0
    assert (violations[~holds & known] > 0).float().mean() > 0.98  # but for what tolerance forgives


def test_the_loss_of_another_pose_is_positive_and_falls_by_gradient_descent(scene):
    pose, up, codes = scene
    constraints, ids = StatementConstraints(), told(codes)[:, :20]
    moved = (pose[:, :20] + 0.15 * torch.randn(1, 20, 17, 3)).requires_grad_()
    optimizer = torch.optim.Adam([moved], lr=0.01)
    first = constraints(moved, ids, up)
    for _ in range(60):
        optimizer.zero_grad()
        loss = constraints(moved, ids, up)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.15 * first.item()


def test_padding_and_frames_of_no_weight_do_not_count(scene):
    pose, up, codes = scene
    constraints, ids = StatementConstraints(), told(codes)
    moved = pose + 0.1 * torch.randn(1, 300, 17, 3)
    whole = constraints(moved[:, :100], ids[:, :100], up)
    weight = (torch.arange(300) < 100).float()[None]
    assert float(constraints(moved, ids, up, weight)) == pytest.approx(float(whole), rel=1e-5)
    padded = torch.cat([ids, torch.full_like(ids, -1)], dim=-1)
    torch.testing.assert_close(constraints(moved, padded, up), constraints(moved, ids, up))
    assert float(constraints(moved, torch.full_like(ids, -1), up)) == 0


def test_noise_of_captions_is_forgiven_by_slack(scene):
    pose, up, _ = scene
    codes = extract(pose[0].double().numpy(), "h36m17", up=up[0].double().numpy(), noise=True, seed=3)
    assert float(StatementConstraints()(pose, told(codes), up)) > 0
    assert float(StatementConstraints(slack=1.0)(pose, told(codes), up)) == 0


def test_a_super_posecode_needs_only_one_of_its_ways(scene):
    pose, up, codes = scene
    definitions = load_definitions("h36m17")
    supers = [statement.id for statement in definitions.statements if statement.posecode < 0]
    several = [s for s in supers if len(list(definitions.super_posecodes.values())[s - supers[0]].ways) > 1]
    violations, known = StatementConstraints().violations(pose, up)
    holds = torch.from_numpy(codes.true_statements())[None]
    assert several
    assert holds[..., supers].any()
    assert float((violations * holds * known)[..., supers].max()) == 0


@pytest.mark.parametrize("source", ["statements", "categories"])
@pytest.mark.parametrize("penalty", ["hinge", "soft"])
def test_consistency_is_least_on_the_true_pose(scene, source, penalty):
    pose, up, codes = scene
    ids = told(codes)
    text = TextBatch(ids, torch.zeros(1, 4), ids >= 0, torch.from_numpy(codes.category_table())[None], up=up)
    alignment = build_alignment(
        "consistency", channels=8, joints=17, text_dim=4, source=source, penalty=penalty
    )
    losses = [
        float(alignment(torch.zeros(0), text, pose + size * torch.randn_like(pose)).losses["consistency"])
        for size in (0.0, 0.05, 0.2)
    ]
    assert losses == sorted(losses)
    assert list(alignment.weights) == ["consistency"]
    if penalty == "hinge":
        assert losses[0] == 0


def test_posecode_classifier_learns_what_statements_say(scene):
    pose, _, codes = scene
    ids = told(codes)
    text = TextBatch(ids, torch.zeros(1, 4), ids >= 0)
    torch.manual_seed(0)
    alignment = build_alignment("posecode", channels=3, joints=17, text_dim=4)
    targets = alignment.targets(text)
    expected = torch.from_numpy(codes.category_table())[None].long()
    assert (targets >= 0).any()
    assert torch.equal(targets[targets >= 0], expected[targets >= 0])
    features = pose - pose[:, :, :1]
    optimizer = torch.optim.Adam(alignment.parameters(), lr=0.03)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        losses.append(alignment(features, text).losses["posecode"])
        losses[-1].backward()
        optimizer.step()
    assert float(losses[-1].detach()) < 0.5 * float(losses[0].detach())


def test_posecode_classifier_reads_every_category_where_asked(scene):
    _, _, codes = scene
    ids = told(codes)
    categories = torch.from_numpy(codes.category_table())[None]
    alignment = build_alignment("posecode", channels=3, joints=17, text_dim=4, source="categories")
    text = TextBatch(ids, torch.zeros(1, 4), ids >= 0, categories)
    assert torch.equal(alignment.targets(text), categories.long())
    out = alignment(torch.randn(1, 300, 17, 3), text)
    assert out.losses["posecode"].isfinite()
    with pytest.raises(InputError, match="source categories needs the posecodes of the shards"):
        alignment.targets(TextBatch(ids, torch.zeros(1, 4), ids >= 0))


def test_the_loss_is_exactly_zero_on_real_motion_seen_by_its_cameras(shared):
    dataset = open_dataset("h36m", shared / "data")
    constraints = StatementConstraints()
    for key in dataset.keys()[::40]:
        sequence = dataset.read(key)
        joints = sequence.joints[::20].astype(np.float64)
        ids = told(extract(joints, "h36m17", up=sequence.up))
        for camera in sequence.cameras[:2]:
            axes = world_to_camera(np.array([[0.0, 0, 0], [0, 0, 1]]), camera)
            seen = world_to_camera(joints, camera)
            pose = torch.from_numpy(seen - seen[:, :1]).float()[None]
            up = torch.from_numpy(axes[1] - axes[0]).float()[None]
            assert constraints(pose, ids, up).item() == 0, f"{key} {camera}"
            assert constraints(pose + 0.05 * torch.randn_like(pose), ids, up).item() > 0


def test_clips_whose_up_is_not_known_are_judged_by_angles_and_distances_alone(camera_poses):
    joints, up = camera_poses(12, seed=5)
    pose = torch.from_numpy(joints).unflatten(0, (2, 6)).requires_grad_()
    constraints = StatementConstraints()
    kinds = np.array([statement.kind for statement in load_definitions("h36m17").statements])
    told = torch.arange(len(kinds)).expand(2, 6, -1)
    one = torch.from_numpy(up)
    _, known = constraints.violations(pose, torch.stack([one, torch.full_like(one, torch.nan)]))
    judged = {str(kind) for kind in kinds[known[1].all(0).numpy()]}
    assert judged == {"angle", "distance"} | {kind for kind in judged if kind.startswith("head")}
    constraints(pose, told, torch.full((2, 3), torch.nan)).backward()
    assert pose.grad.isfinite().all()
    assert pose.grad.abs().sum() > 0
