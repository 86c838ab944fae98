"""Adding text features to shards."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from posecap.encoders import load_encoder
from posecap.errors import InputError
from posecap.shards import EmbedConfig, Silent, embed, open_shards, validate
from posecap.shards.encoding import MeanWork
from tests.fixtures.tiny_encoders import make_encoder

ALL = ("sentence", "caption", "token", "label")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {kind: make_encoder(folder, kind) for kind in ("bert", "clip")}


@pytest.fixture
def copy(tiny_shards, tmp_path):
    return shutil.copytree(tiny_shards, tmp_path / "copy")


class Listening(Silent):
    """Keeps what it is told."""

    def __init__(self):
        self.warnings, self.notes = [], []

    def warn(self, message):
        self.warnings.append(message)

    def note(self, text):
        self.notes.append(text)


def run(path, model, progress=None, **options):
    return embed(EmbedConfig(path, str(model), **{"device": "cpu", **options}), progress or Listening())


def test_every_granularity_has_the_vectors_of_its_texts(copy, models):
    run(copy, models["bert"], granularities=ALL)
    shards, encoder = open_shards(copy), load_encoder(str(models["bert"]), "cpu")
    sentences = shards.sentences()["sentence"].to_pylist()
    bank = shards.features("bert")
    assert np.abs(bank.vectors - encoder.encode(sentences).astype(np.float32)).max() < 1e-3
    tokens = shards.features("bert", "token")
    assert len(tokens.offsets) == len(sentences) + 1
    np.testing.assert_array_equal(np.diff(tokens.offsets), encoder.count_tokens(sentences))
    third = tokens.vectors[tokens.offsets[3] : tokens.offsets[4]]
    assert np.abs(third - encoder.encode_tokens(sentences[3:4])[0].astype(np.float32)).max() < 1e-3
    labels = shards.features("bert", "label")
    assert labels.ids.tolist() == ["sway", "sway a lot"]
    captions = shards.features("bert", "caption")
    np.testing.assert_array_equal(captions.ids, shards.caption_mirrors[0])
    assert validate(copy, content=True) == []


def test_nothing_else_is_touched_and_encoders_live_side_by_side(copy, models):
    before = {path: path.read_bytes() for path in copy.rglob("*.parquet")}
    run(copy, models["bert"])
    run(copy, models["clip"], granularities=("sentence",))
    assert open_shards(copy).encoders == ("bert", "clip")
    assert open_shards(copy).features("clip").vectors.shape[1] == 16
    assert all(path.read_bytes() == data for path, data in before.items())
    assert not (copy / ".embed").exists()
    again = run(copy, models["bert"])
    assert again.features == ()


def test_whole_captions_are_announced_encoded_and_counted_where_cut(copy, models):
    told = Listening()
    run(copy, models["clip"], told, granularities=("caption", "token"), context="caption")
    captions = open_shards(copy).captions().num_rows
    assert f"caption features of {captions} whole captions of about" in told.notes[0]
    assert told.notes[1].startswith("token features")
    record = open_shards(copy).feature_record("clip", "caption", "caption")
    assert record.truncated == captions
    assert f"{captions} of {captions} texts are longer than the 24 tokens" in told.warnings[0]
    run(copy, models["clip"], granularities=("caption",))
    shards = open_shards(copy)
    mean, whole = (shards.features("clip", "caption", context) for context in ("sentence", "caption"))
    np.testing.assert_array_equal(mean.ids, whole.ids)
    assert not np.array_equal(mean.vectors, whole.vectors)


def test_another_model_of_the_same_name_is_refused(copy, models, tmp_path):
    run(copy, models["bert"], granularities=("sentence",))
    other = make_encoder(tmp_path, "bert", seed=5)
    with pytest.raises(InputError, match="holds features of another model named bert"):
        run(copy, other, granularities=("label",))


def test_unknown_names_are_told(copy, models):
    with pytest.raises(InputError, match=r"unknown granularity 'word'.*known: caption, label"):
        run(copy, models["bert"], granularities=("word",))
    with pytest.raises(InputError, match="unknown context 'scene'"):
        run(copy, models["bert"], context="scene")
    with pytest.raises(InputError, match="no such shard directory"):
        run(copy / "nowhere", models["bert"])


@pytest.mark.slow
def test_two_workers_give_the_same_bytes_as_one(copy, tiny_shards, models, tmp_path):
    other = shutil.copytree(tiny_shards, tmp_path / "other")
    run(copy, models["bert"], granularities=("caption",), context="caption")
    run(other, models["bert"], granularities=("caption",), context="caption", jobs=2)
    assert (copy / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


def test_means_made_by_two_workers_are_the_same_bytes(copy, tiny_shards, models, tmp_path):
    other = shutil.copytree(tiny_shards, tmp_path / "other")
    run(copy, models["bert"])
    run(other, models["bert"], jobs=2)
    assert (copy / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


def test_a_run_that_ends_early_keeps_the_parts_it_made(copy, tiny_shards, models, tmp_path, monkeypatch):
    class Dying(MeanWork):
        def _make(self, part):
            if part.target.endswith("part-00002.parquet"):
                raise KeyboardInterrupt
            return super()._make(part)

    monkeypatch.setattr("posecap.shards.making.MeanWork", Dying)
    with pytest.raises(KeyboardInterrupt):
        run(copy, models["bert"])
    monkeypatch.undo()
    assert open_shards(copy).encoders == ()
    assert run(copy, models["bert"]).resumed_parts == 3
    other = shutil.copytree(tiny_shards, tmp_path / "other")
    run(other, models["bert"])
    assert (copy / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


def test_features_that_overflow_leave_nothing(copy, models, monkeypatch):
    def overflow(self, texts):
        return np.full((len(texts), 32), np.inf, np.float16)

    monkeypatch.setattr("posecap.encoders.text.TextEncoder.encode", overflow)
    with pytest.raises(InputError, match="not finite in float16"):
        run(copy, models["bert"])
    assert not (copy / "features").exists()
    assert validate(copy) == []
