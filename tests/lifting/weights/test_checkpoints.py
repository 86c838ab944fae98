"""Public checkpoints: what is read of them, and that nothing in them runs."""

from __future__ import annotations

import os
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

import lifting
from lifting.weights import import_public, read_checkpoint, read_public_weights
from lifting.weights.stubs import Stub
from posecap.errors import InputError

TINY = {"frames": 9, "channels": 16, "depth": 2, "heads": 8}
TRICKS = ("os.system", "builtins.exec", "builtins.getattr")


class Trap:
    """Runs a command where it is unpickled without care."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self):
        return os.system, (f"touch {self.witness}",)


def public_state(family: str) -> tuple[torch.nn.Module, dict[str, torch.Tensor]]:
    """A tiny model and its weights under the names of the public implementation."""
    torch.manual_seed(0)
    model = lifting.build({"motionbert": "dstformer"}.get(family, family), **TINY)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return model.eval(), OrderedDict((public_name(family, key), v) for key, v in model.state_dict().items())


def public_name(family: str, key: str) -> str:
    names = {
        "spatial_position": "Spatial_pos_embed",
        "temporal_position": "Temporal_pos_embed",
        "embed.": "Spatial_patch_to_embedding.",
        "spatial_blocks.": "STEblocks.",
        "temporal_blocks.": "TTEblocks.",
        "spatial_norm.": "Spatial_norm.",
        "temporal_norm.": "Temporal_norm.",
        "time_embedding.fc1": "time_mlp.1",
        "time_embedding.fc2": "time_mlp.3",
    }
    if family == "motionbert":
        return "module." + motionbert_name(key)
    for ours, theirs in names.items():
        key = key.replace(ours, theirs) if key.startswith(ours) else key
    return f"module.pose_estimator.{key}" if family == "d3dp" else f"module.{key}"


def motionbert_name(key: str) -> str:
    fixed = {"spatial_position": "pos_embed", "temporal_position": "temp_embed", "embed": "joints_embed"}
    first, *rest = key.split(".")
    if first in fixed:
        return ".".join([fixed[first], *rest])
    if first in ("spatial_first", "temporal_first"):
        layer, where, part, *last = rest
        blocks = "blocks_st" if first == "spatial_first" else "blocks_ts"
        return ".".join([blocks, layer, f"{part}_{where[0]}", *last])
    return ".".join([{"fusion": "ts_attn", "to_representation": "pre_logits.fc"}.get(first, first), *rest])


def save_public(path: Path, family: str, **extra) -> torch.nn.Module:
    """A file in the layout of the public training scripts."""
    model, state = public_state(family)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    sum(parameter.square().sum() for parameter in model.parameters()).backward()
    optimizer.step()
    state = OrderedDict(zip(state, model.state_dict().values(), strict=True))
    if family == "d3dp":
        state["module.betas"] = torch.zeros(1000, dtype=torch.float64)
    content = {
        "epoch": 37,
        "lr": np.float64(4e-5),
        "random_state": np.random.RandomState(1234),
        "optimizer": optimizer.state_dict(),
        "model_pos": state,
    }
    torch.save(content | extra, path)
    return model


def run(model, pose_2d: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(1)
    return model.predict(pose_2d)


@pytest.mark.parametrize("family", ["mixste", "d3dp", "motionbert"])
def test_a_public_checkpoint_gives_the_very_model(tmp_path, family):
    source = save_public(tmp_path / "best_epoch.bin", family)
    found = import_public(family, tmp_path / "best_epoch.bin")
    pose_2d = torch.randn(2, 9, 17, 3)
    assert torch.equal(run(found, pose_2d), run(source, pose_2d))


def test_what_else_a_checkpoint_holds_is_plain_or_a_stub(tmp_path):
    save_public(tmp_path / "best_epoch.bin", "mixste")
    content = read_checkpoint(tmp_path / "best_epoch.bin")
    assert content["epoch"] == 37
    assert isinstance(content["random_state"], Stub)
    assert content["optimizer"]["param_groups"][0]["lr"] == 1e-3
    assert torch.is_tensor(content["optimizer"]["state"][0]["exp_avg"])


def test_nothing_in_a_hostile_checkpoint_runs(tmp_path):
    witness = tmp_path / "ran"
    save_public(tmp_path / "x.bin", "mixste", args=Trap(witness), more=[Trap(witness), {"a": Trap(witness)}])
    import_public("mixste", tmp_path / "x.bin")
    assert isinstance(read_checkpoint(tmp_path / "x.bin")["args"], Stub)
    assert not witness.exists()
    torch.load(tmp_path / "x.bin", weights_only=False)  # the trap does work where nobody takes care
    assert witness.exists()


def test_a_trap_among_the_weights_is_refused(tmp_path):
    _, state = public_state("mixste")
    state["module.head.1.bias"] = Trap(tmp_path / "ran")
    torch.save({"model_pos": state}, tmp_path / "x.bin")
    with pytest.raises(InputError, match=r"'module\.head\.1\.bias' is no tensor"):
        import_public("mixste", tmp_path / "x.bin")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("trick", TRICKS)
def test_names_that_could_reach_anything_are_stubs(tmp_path, trick):
    module, name = trick.split(".")
    payload = b"c" + f"{module}\n{name}\n".encode() + b"(S'1'\ntR."
    with zipfile.ZipFile(tmp_path / "x.bin", "w") as archive:
        archive.writestr("archive/data.pkl", payload)
    found = read_checkpoint(tmp_path / "x.bin")
    assert isinstance(found, Stub)
    assert trick in repr(found)


def test_bare_state_dicts_and_parameters_are_taken(tmp_path):
    model, state = public_state("mixste")
    torch.save({key: torch.nn.Parameter(value) for key, value in state.items()}, tmp_path / "x.pth")
    assert set(read_public_weights(tmp_path / "x.pth")) == set(state)
    pose_2d = torch.randn(1, 9, 17, 2)
    assert torch.equal(run(import_public("mixste", tmp_path / "x.pth"), pose_2d), run(model, pose_2d))


def rewrite(source: Path, target: Path, change) -> None:
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = change(info.filename, old.read(info))
            if content is not None:
                new.writestr(info.filename, content)


def test_damaged_files_are_told_in_one_line(tmp_path):
    save_public(tmp_path / "x.bin", "mixste")
    cases = {
        "missing record": lambda name, data: None if name.endswith("data/3") else data,
        "short record": lambda name, data: data[:-4] if name.endswith("data/3") else data,
        "cut pickle": lambda name, data: data[:900] if name.endswith("data.pkl") else data,
        "no pickle": lambda name, data: None if name.endswith("data.pkl") else data,
    }
    for case, change in cases.items():
        rewrite(tmp_path / "x.bin", tmp_path / f"{case}.bin", change)
        with pytest.raises(InputError, match=f"{case}.bin"):
            import_public("mixste", tmp_path / f"{case}.bin")


def test_files_of_another_kind_are_told(tmp_path):
    (tmp_path / "text.bin").write_text("hello")
    with pytest.raises(InputError, match="no checkpoint"):
        read_checkpoint(tmp_path / "text.bin")
    with pytest.raises(InputError, match="no such file"):
        read_checkpoint(tmp_path / "none.bin")
    torch.save([1, 2], tmp_path / "list.bin")
    with pytest.raises(InputError, match="no dictionary of weights"):
        read_public_weights(tmp_path / "list.bin")
    save_public(tmp_path / "mixste.bin", "mixste")
    with pytest.raises(InputError, match=r"mixste\.bin: these are not weights of dstformer"):
        import_public("motionbert", tmp_path / "mixste.bin")
    with pytest.raises(InputError, match="motionbert"):
        import_public("motionbrt", tmp_path / "mixste.bin")


def test_too_large_and_compressed_files_are_refused(tmp_path):
    save_public(tmp_path / "x.bin", "mixste")
    with pytest.raises(InputError, match="more than the limit"):
        read_checkpoint(tmp_path / "x.bin", max_bytes=1000)
    with (
        zipfile.ZipFile(tmp_path / "x.bin") as old,
        zipfile.ZipFile(tmp_path / "zip.bin", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, old.read(info))
    with pytest.raises(InputError, match="compressed"):
        read_checkpoint(tmp_path / "zip.bin")


def test_tensors_that_reach_outside_their_storage_are_refused(tmp_path):
    torch.save({"w": torch.arange(8.0).view(2, 4)}, tmp_path / "x.bin")
    as_written = read_checkpoint(tmp_path / "x.bin")["w"]
    assert torch.equal(as_written, torch.arange(8.0).view(2, 4))
    # the size (2, 4) as pickled becomes (2, 9)
    rewrite(
        tmp_path / "x.bin",
        tmp_path / "outside.bin",
        lambda name, data: data.replace(b"K\x02K\x04\x86", b"K\x02K\x09\x86") if "data.pkl" in name else data,
    )
    with pytest.raises(InputError, match="outside"):
        read_checkpoint(tmp_path / "outside.bin")


@pytest.mark.parametrize("family", ["mixste", "d3dp", "motionbert"])
def test_an_imported_run_predicts_what_the_source_predicts(tmp_path, family):
    from lifting.runs import open_run

    source = save_public(tmp_path / "x.bin", family)
    import_public(family, tmp_path / "x.bin", tmp_path / "run")
    opened = open_run(tmp_path / "run")
    pose_2d = torch.randn(2, 9, 17, 3)
    assert opened.info.recipe.clips.frames == 9
    assert torch.equal(run(opened.model(), pose_2d), run(source, pose_2d))
