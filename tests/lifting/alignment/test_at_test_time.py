"""At test time a lifter trained with text is the very network of one trained without."""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from lifting.alignment import ALIGNMENTS, TextBatch, build_alignment
from lifting.recipes import load_recipe
from lifting.runs import build_model, open_run, write_run

SHRUNK = ["clips.frames=4", "backbone.options={channels: 16, depth: 1, heads: 2}"]


def trained(name: str) -> torch.nn.Module:
    """A lifter after one step with an alignment."""
    torch.manual_seed(0)
    model = build_model(load_recipe("mixste", [*SHRUNK, f"alignment.name={name}"]))
    ids = torch.randint(0, 148, (2, 4, 6))
    text = TextBatch(ids, torch.randn(148, 8), ids >= 0, up=torch.tensor([[0.0, -1, 0]]).expand(2, 3))
    alignment = build_alignment(name, channels=16, joints=17, text_dim=8)
    out = model.training_forward(torch.randn(2, 4, 17, 2), torch.randn(2, 4, 17, 3))
    aligned = alignment(out.features, text, out.pose)
    loss = out.pose.square().mean() + sum(aligned.losses.values())
    optimizer = torch.optim.SGD([*model.parameters(), *alignment.parameters()], lr=0.01)
    loss.backward()
    optimizer.step()
    return model


class Recorder(TorchDispatchMode):
    """Writes down every operation and the shape of what it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[tuple[str, object]] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        self.done.append((str(func), getattr(out, "shape", None)))
        return out


def operations(model: torch.nn.Module, pose_2d: torch.Tensor) -> list[tuple[str, object]]:
    """All that a prediction computes, in order: the same work takes the same time."""
    with Recorder() as recorder, torch.no_grad():
        model(pose_2d)
    assert len(recorder.done) > 20
    return recorder.done


@pytest.mark.parametrize("name", [name for name in ALIGNMENTS if name != "none"])
def test_parameters_and_operations_are_those_of_training_without_text(name, tmp_path):
    runs = {}
    for alignment in ("none", name):
        recipe = load_recipe("mixste", [*SHRUNK, f"alignment.name={alignment}"])
        runs[alignment] = write_run(tmp_path / alignment, recipe, trained(alignment))
    without, with_text = (open_run(run.path).model() for run in runs.values())
    shapes = [{key: value.shape for key, value in m.state_dict().items()} for m in (without, with_text)]
    assert shapes[0] == shapes[1]
    pose_2d = torch.randn(1, 4, 17, 2)
    assert operations(without, pose_2d) == operations(with_text, pose_2d)
    assert not torch.equal(without(pose_2d).pose, with_text(pose_2d).pose)
