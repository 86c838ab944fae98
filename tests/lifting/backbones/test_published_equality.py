"""Backbones equal the published networks on the reference fixtures."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import lifting

HEADS = {"mixste": 8, "d3dp": 8, "dstformer": 4}
FILES = {"mixste": "mixste_tiny", "d3dp": "d3dp_mixste2_tiny", "dstformer": "dstformer_tiny"}
SCALED = {
    ("mixste", "sharp"): [(".qkv.weight", 5)],
    ("mixste", "lowvar"): [("Temporal_norm.weight", 0.02), ("Temporal_norm.bias", 0.02)],
    ("d3dp", "sharp"): [(".qkv.weight", 5)],
    ("d3dp", "lowvar"): [("Temporal_norm.weight", 0.02), ("Temporal_norm.bias", 0.02)],
    ("dstformer", "sharp"): [("qkv.weight", 5), ("ts_attn.0.weight", 10), ("ts_attn.1.weight", 10)],
    ("dstformer", "lowvar"): [
        (name, 0.02) for name in ("joints_embed.weight", "joints_embed.bias", "pos_embed", "temp_embed")
    ],
}


def load(shared, name: str, case: str, dtype: torch.dtype):
    arrays = np.load(shared / "reference" / "lifters" / f"{FILES[name]}.npz")
    state = {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("sd/")}
    for key in state:
        for ending, factor in SCALED.get((name, case), []):
            state[key] = state[key] * factor if key.endswith(ending) else state[key]
    model = lifting.import_weights(name, state, heads=HEADS[name]).to(dtype).eval()
    return model, arrays


def inputs_of(name: str, arrays, dtype: torch.dtype, suffix: str = "") -> list[torch.Tensor]:
    keys = {"mixste": ["x_2d"], "d3dp": ["x_2d", "x_3d", "t"], "dstformer": ["x" + suffix]}[name]
    tensors = [torch.from_numpy(arrays[key]) for key in keys]
    return [tensor.to(dtype) if tensor.is_floating_point() else tensor for tensor in tensors]


def relative_error(found: torch.Tensor, expected: np.ndarray) -> float:
    expected_tensor = torch.from_numpy(expected).double()
    return float((found.double() - expected_tensor).abs().max() / expected_tensor.abs().max())


@pytest.mark.parametrize("case", ["", "sharp", "lowvar"])
@pytest.mark.parametrize("name", ["mixste", "d3dp", "dstformer"])
def test_pose_equals_the_published_network_in_float64_and_float32(shared, name, case):
    key = f"y_{case}" if case else "y"
    for dtype, answer, tolerance in ((torch.float64, f"{key}_f64", 1e-9), (torch.float32, key, 5e-5)):
        model, arrays = load(shared, name, case, dtype)
        with torch.no_grad():
            pose = model(*inputs_of(name, arrays, dtype)).pose
        assert relative_error(pose, arrays[answer]) < tolerance


def test_dstformer_features_and_short_clips_equal_the_published_network(shared):
    model, arrays = load(shared, "dstformer", "", torch.float64)
    with torch.no_grad():
        features = model(*inputs_of("dstformer", arrays, torch.float64)).features
        short = model(*inputs_of("dstformer", arrays, torch.float64, "_short")).pose
    assert relative_error(features, arrays["rep_f64"]) < 1e-9
    assert relative_error(short, arrays["y_short_f64"]) < 1e-9


@pytest.mark.parametrize("case", ["", "sharp"])
def test_denoising_several_hypotheses_equals_the_published_network(shared, case):
    model, arrays = load(shared, "d3dp", case, torch.float64)
    pose_2d, _, t = inputs_of("d3dp", arrays, torch.float64)
    with torch.no_grad():
        poses = model.denoise(pose_2d, torch.from_numpy(arrays["x_3d_h"]).double(), t)
    assert relative_error(poses, arrays["y_h_sharp_f64" if case else "y_h_f64"]) < 1e-9


def test_time_embedding_equals_the_published_network(shared):
    model, arrays = load(shared, "d3dp", "", torch.float64)
    embedded = model.time_embedding(torch.from_numpy(arrays["t"]))
    assert relative_error(embedded.detach(), arrays["time_embed_f64"]) < 1e-9


@pytest.mark.parametrize(
    ("name", "options", "count"),
    [
        ("mixste", {}, 33_783_811),
        ("d3dp", {}, 34_835_459),
        ("dstformer", {}, 42_466_317),
        ("dstformer", {"channels": 256, "mlp_ratio": 4}, 16_001_549),
    ],
)
def test_full_size_parameter_counts_are_the_published_ones(name, options, count):
    with torch.device("meta"):
        assert lifting.build(name, **options).num_parameters() == count
