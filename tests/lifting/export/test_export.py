"""Exported files do what the run does, say what they are, and are refused where they do not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from cli.lift import app
from lifting.export import TOLERANCE, ExportedFile, export_run
from lifting.export.check import largest_difference
from lifting.recipes import Recipe, load_recipe
from lifting.runs import Run, build_model, open_run, write_run
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

ABSENT = "needs the extra: pip install 'posecap[export]'"
onnx = pytest.importorskip("onnx", reason=ABSENT)
onnxruntime = pytest.importorskip("onnxruntime", reason=ABSENT)
pytest.importorskip("onnxscript", reason=ABSENT)

SMALL = {"channels": 16, "depth": 1, "heads": 2}
# recipe, frames, further options; 70 frames are more than attention's plain path takes
VARIANTS = {
    "mixste": ("mixste", 70, {}),
    "mixste-pose": ("small", 5, {"in_channels": 3, "embedding": "pose"}),
    "dstformer": ("dstformer", 5, {"representation": 24}),
    "d3dp": ("d3dp", 5, {"timesteps": 50, "scale": 2.0}),
}


def make_run(out: Path, variant: str, **info) -> Run:
    """A run with random weights, large enough for every part to count."""
    name, frames, options = VARIANTS[variant]
    recipe = load_recipe(name, backbone={"options": SMALL | options}, clips={"frames": frames})
    torch.manual_seed(0)
    model = build_model(recipe)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return write_run(out, recipe, model, **{"features": "shards", "keypoints": "gt"} | info)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Exports each variant once: (run, what `export_run` told)."""
    made: dict[str, tuple[Run, ExportedFile]] = {}

    def get(variant: str) -> tuple[Run, ExportedFile]:
        if variant not in made:
            folder = tmp_path_factory.mktemp(variant)
            run = make_run(folder / "run", variant)
            made[variant] = run, export_run(run.path, folder / "model.onnx")
        return made[variant]

    return get


def run_onnx(path: Path, *inputs: torch.Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    (pose,) = session.run(None, {name: x.numpy() for name, x in zip(names, inputs, strict=True)})
    return pose


def metadata(path: Path) -> dict[str, str]:
    return {entry.key: entry.value for entry in onnx.load(path).metadata_props}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("num_clips", [1, 2, 5])
def test_the_file_gives_what_pytorch_gives_for_any_number_of_clips(exported, variant, num_clips):
    run, made = exported(variant)
    model = run.model()
    draw = torch.Generator().manual_seed(num_clips)
    shape = (num_clips, model.frames, 17)
    inputs = [torch.rand(*shape, model.in_channels, generator=draw) * 2 - 1]
    if variant == "d3dp":
        times = torch.randint(0, 50, (num_clips,), generator=draw)
        inputs += [torch.randn(*shape, 3, generator=draw), times]
    expected = model(*inputs).pose.numpy()
    found = run_onnx(made.path, *inputs)
    assert found.shape == (*shape, 3)
    assert expected.std() > 0.1
    np.testing.assert_allclose(found, expected, rtol=0, atol=TOLERANCE)
    assert 0 <= made.largest_difference <= TOLERANCE


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_metadata_describe_the_graph_and_the_run(exported, variant):
    run, made = exported(variant)
    facts, graph = metadata(made.path), onnx.load(made.path).graph
    assert (facts["format"], facts["format_version"]) == ("lifting onnx", "1")
    assert facts["backbone"] == run.info.recipe.backbone.name == made.backbone
    assert Recipe.model_validate(json.loads(facts["recipe"])) == run.info.recipe
    assert json.loads(facts["joints"]) == list(load_skeleton("h36m17").joints)
    ports = json.loads(facts["inputs"]) + json.loads(facts["outputs"])
    assert [port["name"] for port in ports] == [value.name for value in (*graph.input, *graph.output)]
    for port, value in zip(ports, (*graph.input, *graph.output), strict=True):
        shape = [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        sizes = {
            "batch": "batch",
            "frames": run.model().frames,
            "joints": 17,
            "channels": len(port["channels"]),
        }
        assert shape == [sizes[axis] for axis in port["axes"]]
        element = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        assert port["dtype"] == element.name
    assert ports[-1]["unit"].startswith("metres")
    onnx.checker.check_model(str(made.path), full_check=True)


def test_the_file_holds_nothing_of_the_machine_that_made_it(exported):
    content = exported("mixste")[1].path.read_bytes()
    assert b"stack_trace" not in content
    assert str(Path(__file__).parents[3]).encode() not in content


def test_d3dp_is_sampled_from_the_file_and_its_metadata_alone(exported):
    run, made = exported("d3dp")
    facts = json.loads(metadata(made.path)["diffusion"])
    model = run.model()
    assert facts["clamp"] == pytest.approx(2.2)
    draw = torch.Generator().manual_seed(3)
    pose_2d = torch.rand(2, model.frames, 17, 2, generator=draw)
    first, between = torch.randn(2, 2, model.frames, 17, 3, generator=draw)
    expected = model.sample(pose_2d, 1, 2, flip=False, noise=(first[:, None], between[None, :, None]))
    kept, scale, clamp = facts["alphas_cumprod"], facts["scale"], facts["clamp"]
    state = first
    for time, next_time in ((49, 24), (24, -1)):
        seen = state.clamp(-clamp, clamp) / scale
        pose = run_onnx(made.path, pose_2d, seen, torch.full((2,), time))
        clean = (torch.from_numpy(pose) * scale).clamp(-clamp, clamp)
        if next_time >= 0:
            now, then = kept[time], kept[next_time]
            noise = ((1 / now) ** 0.5 * state - clean) / (1 / now - 1) ** 0.5
            sigma = ((1 - now / then) * (1 - then) / (1 - now)) ** 0.5
            state = then**0.5 * clean + (1 - then - sigma**2) ** 0.5 * noise + sigma * between
    np.testing.assert_allclose(clean, expected[:, -1, 0], rtol=0, atol=TOLERANCE)


def test_the_check_sees_another_networks_weights(exported):
    run, made = exported("dstformer")
    model = run.model()
    model.head.bias[1] += 0.01
    assert largest_difference(model, made.path) == pytest.approx(0.01, abs=1e-4)


def test_weights_that_give_no_numbers_are_refused_and_the_old_file_stays(tmp_path):
    run = make_run(tmp_path / "run", "mixste-pose")
    model = run.model()
    model.head[1].bias[0] = float("nan")
    broken = write_run(tmp_path / "broken", run.info.recipe, model)
    path = tmp_path / "model.onnx"
    path.write_bytes(b"old")
    with pytest.raises(InputError, match="differs from PyTorch by nan"):
        export_run(broken.path, path)
    assert path.read_bytes() == b"old"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["broken", "model.onnx", "run"]


def test_an_onnxscript_of_another_age_is_told_in_one_line(tmp_path, monkeypatch):
    def export(*arguments, **options):
        raise ModuleNotFoundError("No module named 'onnxscript._later'")

    monkeypatch.setattr(torch.onnx, "export", export)
    run = make_run(tmp_path / "run", "mixste-pose")
    with pytest.raises(InputError, match=r"cannot export with this onnxscript \(No module named"):
        export_run(run.path, tmp_path / "model.onnx")
    assert not (tmp_path / "model.onnx").exists()


def test_imported_motionbert_weights_are_not_said_to_give_metres(tmp_path):
    from lifting.export.facts import facts

    run = make_run(tmp_path / "run", "dstformer", features=None)
    (output,) = facts(run, run.model())["outputs"]
    assert output["unit"].startswith("half image widths")


def test_the_command_tells_the_largest_difference(tmp_path):
    run = make_run(tmp_path / "run", "mixste-pose")
    arguments = ["export", str(run.path), "--onnx", str(tmp_path / "model.onnx"), "--json"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["largest_difference"] <= told["tolerance"] == TOLERANCE
    assert told["num_bytes"] == (tmp_path / "model.onnx").stat().st_size
    assert "mixste, pose_2d -> pose_3d" in result.stderr
    assert result.stderr.count("\n") == 1
    assert open_run(run.path).info == run.info
