"""BERT, RoBERTa, T5 and CLIP text models through transformers, tiny and random."""

from __future__ import annotations

import numpy as np
import pytest

from posecap.encoders import load_encoder
from posecap.encoders.weights import weights_sha256
from posecap.errors import InputError
from tests.fixtures.tiny_encoders import make_encoder

KINDS = ("bert", "roberta", "t5", "clip", "clip-text")
TEXTS = ["The left hand is behind the torso.", "The knee.", "The head is above the left foot.", "Sway a lot."]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models")
    for kind in KINDS:
        make_encoder(made, kind)
    return made


@pytest.fixture(params=KINDS)
def path(folder, request):
    return folder / request.param


def outputs(path, texts):
    """Last hidden states and pooled vectors straight from transformers, one text at a time."""
    import torch
    import transformers

    kind = path.name
    member = {
        "t5": "T5EncoderModel",
        "clip": "CLIPTextModelWithProjection",
        "clip-text": "CLIPTextModel",
    }.get(kind, "AutoModel")
    model = getattr(transformers, member).from_pretrained(path).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    states, pooled = [], []
    for text in texts:
        ids = torch.tensor([tokenizer(text)["input_ids"]])
        with torch.inference_mode():
            output = model(input_ids=ids)
        states.append(output.last_hidden_state[0].numpy())
        named = {"clip": "text_embeds", "clip-text": "pooler_output"}.get(kind)
        pooled.append(getattr(output, named)[0].numpy() if named else states[-1].mean(0))
    return states, np.stack(pooled)


def test_vectors_and_tokens_are_the_models_own_whatever_the_batch(path):
    states, pooled = outputs(path, TEXTS)
    for batch_size in (1, 3, 64):
        encoder = load_encoder(str(path), "cpu", batch_size)
        vectors, tokens = encoder.encode(TEXTS), encoder.encode_tokens(TEXTS)
        assert vectors.dtype == np.float16
        assert np.abs(vectors - pooled).max() < 2e-3
        for one, state in zip(tokens, states, strict=True):
            assert one.shape == state.shape
            assert np.abs(one - state).max() < 4e-3


def test_the_model_is_told_down_to_its_weights(path):
    info = load_encoder(str(path), "cpu").info
    assert (info.name, info.revision, info.weights_sha256) == (path.name, "local", weights_sha256(path))
    assert info.dimension == (16 if path.name == "clip" else 32)
    assert info.pooling == {"clip": "end token, projected", "clip-text": "end token"}.get(path.name, "mean")


@pytest.mark.parametrize(("kind", "limit"), [("bert", 64), ("roberta", 64), ("clip", 24), ("t5", 0)])
def test_long_texts_are_cut_where_the_model_has_a_limit(folder, kind, limit):
    encoder = load_encoder(str(folder / kind), "cpu")
    assert encoder.info.max_tokens == limit
    assert len(encoder.encode_tokens(["knee " * 100])[0]) == (limit or 101)
    assert encoder.count_tokens(["knee " * 100])[0] == (101 if kind == "t5" else 102)


def test_no_text_gives_no_vector(path):
    encoder = load_encoder(str(path), "cpu")
    assert encoder.encode([]).shape == (0, encoder.info.dimension)
    assert len(encoder.count_tokens([])) == 0


def test_a_folder_that_is_no_model_is_refused_in_one_line(folder, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="holds no text encoder"):
        load_encoder(str(tmp_path))
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="cannot be loaded") as caught:
        load_encoder(str(tmp_path))
    assert "\n" not in str(caught.value)
