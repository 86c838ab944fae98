"""What holds for every backbone, on tiny networks with random weights."""

from __future__ import annotations

import pytest
import torch

import lifting
from lifting.backbones.blocks import DropPath
from lifting.backbones.lifter import flipped, mirror_order
from posecap.errors import InputError

TINY = {"frames": 6, "channels": 16, "depth": 2, "heads": 2}


def tiny(name: str, **options):
    torch.manual_seed(0)
    model = lifting.build(name, **(TINY | ({"representation": 24} if name == "dstformer" else {}) | options))
    for parameter in model.parameters():  # also those that start at zero
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval()


def run(model, pose_2d: torch.Tensor):
    if isinstance(model, lifting.backbones.backbone_class("d3dp")):
        return model(pose_2d, torch.zeros(*pose_2d.shape[:-1], 3), torch.full((len(pose_2d),), 7))
    return model(pose_2d)


@pytest.mark.parametrize("embedding", ["joint", "pose"])
@pytest.mark.parametrize("name", list(lifting.backbones.BACKBONES))
def test_features_are_what_enters_the_head(name, embedding):
    model = tiny(name, embedding=embedding)
    out = run(model, torch.randn(2, 6, 17, 2))
    assert out.pose.shape == (2, 6, 17, 3)
    assert out.features.shape == (2, 6, 17, model.feature_channels)
    torch.testing.assert_close(model.head(out.features), out.pose)


@pytest.mark.parametrize("name", list(lifting.backbones.BACKBONES))
def test_clips_of_a_batch_do_not_see_each_other_and_short_clips_are_taken(name):
    model = tiny(name)
    pose_2d = torch.randn(3, 4, 17, 2)
    torch.testing.assert_close(run(model, pose_2d).pose[1:2], run(model, pose_2d[1:2]).pose)


@pytest.mark.parametrize("name", ["mixste", "dstformer"])
def test_prediction_with_flip_is_symmetric(name):
    model, order = tiny(name), mirror_order()
    pose_2d = torch.randn(2, 6, 17, 2)
    direct, mirrored = model.predict(pose_2d, flip=True), model.predict(flipped(pose_2d, order), flip=True)
    torch.testing.assert_close(flipped(mirrored, order), direct)


def test_confidence_is_read_only_where_asked_for():
    pose_2d = torch.randn(1, 6, 17, 3)
    other = pose_2d.clone()
    other[..., 2] += 1
    without, reading = tiny("mixste"), tiny("mixste", in_channels=3)
    assert torch.equal(without(pose_2d).pose, without(other).pose)
    assert not torch.allclose(reading(pose_2d).pose, reading(other).pose)
    certain = torch.cat([pose_2d[..., :2], torch.ones(1, 6, 17, 1)], dim=-1)
    torch.testing.assert_close(reading(pose_2d[..., :2]).pose, reading(certain).pose)


def test_pose_embedding_sees_every_joint_and_moves_only_with_the_root():
    embed = tiny("mixste", embedding="pose").embed
    pose = torch.randn(1, 17, 2)
    moved = pose.clone()
    moved[:, 5] += 1
    assert ((embed(moved) - embed(pose)).abs().amax(-1) > 0).all()
    shifted = pose + torch.tensor([0.3, -0.2])
    shifted[:, 0] = pose[:, 0]
    root_only = pose - (shifted - pose)
    torch.testing.assert_close(embed(shifted), embed(shifted + 0))
    assert not torch.allclose(embed(shifted), embed(root_only))


def test_training_forward_of_the_diffusion_gives_gradients_to_every_parameter():
    model = tiny("d3dp").train()
    out = model.training_forward(torch.randn(2, 6, 17, 2), torch.randn(2, 6, 17, 3))
    out.pose.square().sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_sampling_shapes_and_seeds():
    model, pose_2d = tiny("d3dp"), torch.randn(2, 6, 17, 2)
    torch.manual_seed(3)
    first = model.sample(pose_2d, hypotheses=3, steps=2)
    torch.manual_seed(3)
    assert torch.equal(model.sample(pose_2d, hypotheses=3, steps=2), first)
    assert first.shape == (2, 2, 3, 6, 17, 3)


@pytest.mark.parametrize(("axis", "shape"), [("joints", (200, 100, 1)), ("frames", (200, 1, 100))])
def test_drop_path_drops_whole_sequences_keeps_the_mean_and_rests_in_evaluation(axis, shape):
    drop, x = DropPath(0.25), torch.ones(200, 100, 100, 1)
    torch.manual_seed(0)
    dropped = drop.train()(x, axis)[..., 0]
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert dropped.mean().item() == pytest.approx(1, abs=0.02)
    whole = dropped[:, :, :1] if axis == "joints" else dropped[:, :1]
    assert whole.shape == shape
    assert torch.equal(whole.expand_as(dropped), dropped)
    assert torch.equal(drop.eval()(x, axis), x)


def test_drop_path_rates_rise_to_the_last_block():
    model = lifting.build("mixste", **(TINY | {"depth": 3}), drop_path=0.1)
    assert [block.drop_path.rate for block in model.spatial_blocks] == pytest.approx([0, 0.05, 0.1])


def test_unknown_names_are_told_with_the_near_ones():
    with pytest.raises(InputError, match="mixste"):
        lifting.build("mixst")
    with pytest.raises(InputError, match="channels"):
        lifting.build("mixste", chanels=3)
    with pytest.raises(InputError, match="embedding"):
        lifting.build("mixste", embedding="word")


@pytest.mark.parametrize("name", list(lifting.backbones.BACKBONES))
def test_weights_of_another_network_are_refused_by_name_of_tensor(name):
    with pytest.raises(InputError, match="no tensor"):
        lifting.import_weights(name, {"conv.weight": torch.zeros(3)})


def test_weights_that_do_not_fit_the_configuration_are_refused():
    state = {"spatial_position": torch.zeros(1, 17, 16)} | dict(tiny("mixste").state_dict())
    with pytest.raises(InputError, match="has no place"):
        lifting.import_weights("mixste", state, depth=1)
    with pytest.raises(InputError, match="expected"):
        lifting.import_weights("mixste", state, frames=9)


def test_wrapper_prefixes_and_sizes_are_recognised():
    source = tiny("d3dp")
    state = {f"module.pose_estimator.{key}": value for key, value in source.state_dict().items()}
    state["module.betas"] = torch.zeros(1000)
    pose_2d, noisy, t = torch.randn(2, 6, 17, 2), torch.randn(2, 6, 17, 3), torch.tensor([3, 999])
    found = lifting.import_weights("d3dp", state, heads=2).eval()
    torch.testing.assert_close(found(pose_2d, noisy, t).pose, source(pose_2d, noisy, t).pose)


@pytest.mark.parametrize("name", list(lifting.backbones.BACKBONES))
def test_a_backbone_compiles_as_one_graph(name):
    model = tiny(name, depth=1).train()
    pose_2d, pose_3d = torch.randn(2, 6, 17, 2), torch.randn(2, 6, 17, 3)
    compiled = torch.compile(model.training_forward, backend="aot_eager", fullgraph=True)
    torch.manual_seed(5)
    found = compiled(pose_2d, pose_3d).pose
    torch.manual_seed(5)
    torch.testing.assert_close(found, model.training_forward(pose_2d, pose_3d).pose)
    found.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("name", ["mixste", "dstformer"])
def test_a_backbone_exports_as_one_program(name):
    model, pose_2d = tiny(name).freeze(), torch.randn(1, 6, 17, 3)
    program = torch.export.export(model, (pose_2d,))
    torch.testing.assert_close(program.module()(pose_2d).pose, model(pose_2d).pose)


def test_mixed_precision_stays_near():
    model, pose_2d = tiny("mixste"), torch.randn(2, 6, 17, 2)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        found = model(pose_2d).pose
    torch.testing.assert_close(found.float(), model(pose_2d).pose.detach(), atol=0.1, rtol=0.1)


@pytest.mark.parametrize("name", ["mixste", "d3dp", "dstformer"])
def test_poses_are_not_rounded_in_mixed_precision_and_shapes_alone_can_be_run(name):
    model = tiny(name)
    pose_2d, pose_3d = torch.randn(2, 4, 17, 2), torch.randn(2, 4, 17, 3)
    with torch.autocast("cpu", torch.bfloat16):
        found = model.training_forward(pose_2d, pose_3d)
    assert found.pose.dtype == torch.float32
    assert model.to("meta").regress(found.features.to("meta").float()).shape == found.pose.shape


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mixste", {"depth": -1}, "backbone mixste: option depth is -1, expected int, 1 or more"),
        ("mixste", {"heads": "x"}, "option heads is 'x'"),
        ("mixste", {"heads": 3}, "16 channels cannot be shared by 3 heads"),
        ("dstformer", {"in_channels": 7}, "option in_channels is 7, expected 2 or 3"),
        ("d3dp", {"channels": 2, "heads": 1}, "channels is 2, expected an even number, 4 or more"),
    ],
)
def test_sizes_that_cannot_be_built_are_told(name, options, message):
    with pytest.raises(InputError, match=message):
        lifting.build(name, **(TINY | options))
