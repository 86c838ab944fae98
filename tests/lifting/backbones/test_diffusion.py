"""The diffusion wrapper: schedule, training noise and sampler."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

import lifting
from lifting.backbones.diffusion import CosineSchedule


@pytest.fixture(scope="module")
def arrays(shared):
    return np.load(shared / "reference" / "lifters" / "d3dp_sampling_tiny.npz")


def model_of(arrays, scale: float, dtype: torch.dtype):
    state = {key[3:]: torch.from_numpy(arrays[key]) for key in arrays.files if key.startswith("sd/")}
    return lifting.import_weights("d3dp", state, heads=8, scale=scale).to(dtype).eval()


@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize("scale", [1, 2])
def test_sampler_equals_the_published_one(arrays, scale, flip):
    name = f"out_{'flip' if flip else 'noflip'}_scale{scale}"
    for dtype, key, tolerance in ((torch.float64, name + "_f64", 1e-7), (torch.float32, name, 1e-3)):
        pose_2d = torch.from_numpy(arrays["x_2d"]).to(dtype)
        noise = torch.from_numpy(arrays["noise_init"]), torch.from_numpy(arrays["noise_steps"])
        found = model_of(arrays, scale, dtype).sample(pose_2d, 3, 4, flip, noise)
        expected = torch.from_numpy(arrays[key]).double()
        assert found.shape == expected.shape
        assert (found.double() - expected).abs().max() / expected.abs().max() < tolerance


def test_schedule_and_sampling_times_equal_the_published_ones(arrays):
    schedule = CosineSchedule(1000)
    np.testing.assert_allclose(schedule.alphas_cumprod.numpy(), arrays["buf/alphas_cumprod"], rtol=1e-12)
    assert schedule.sampling_times(4) == arrays["times"].tolist()
    for steps in (1, 2, 3, 5, 10, 20, 50):
        assert schedule.sampling_times(steps) == arrays[f"times_{steps}"].tolist()


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_training_noise_equals_the_published_one(arrays, scale):
    target, noise = torch.from_numpy(arrays["q_x0"]).double(), torch.from_numpy(arrays["q_noise"]).double()
    found = model_of(arrays, scale, torch.float32).add_noise(target, torch.from_numpy(arrays["q_t"]), noise)
    np.testing.assert_allclose(found.numpy(), arrays[f"train_xt_scale{int(scale)}"], rtol=1e-12, atol=1e-12)


def test_the_fixtures_describe_the_defaults_of_build(arrays):
    config = json.loads(str(arrays["config_json"]))
    assert config["default_scale"] == lifting.build("d3dp", frames=9, channels=16, depth=1).scale
    assert config["timesteps"] == lifting.build("d3dp", frames=9, channels=16, depth=1).schedule.timesteps
