"""A run goes on only with the data and the text model that it began with."""

from __future__ import annotations

import shutil

import pytest

from lifting.ablation import AblationConfig, ablate
from lifting.runs import open_run
from lifting.training import TrainConfig, train
from posecap.errors import InputError
from posecap.shards import EmbedConfig, GenerateConfig, embed, generate, open_shards
from tests.fixtures.runs import tiny_recipe
from tests.fixtures.tiny_dataset import TinyDataset
from tests.fixtures.tiny_encoders import make_encoder

ALIGNED = ("alignment={name: cm}", "training.steps=4", "training.checkpoint_every=2")


def make_shards(folder, encoder=None, dataset=None):
    generate(GenerateConfig("tiny", folder, encoder=None), dataset=dataset or TinyDataset())
    if encoder is not None:
        embed(EmbedConfig(folder, str(encoder), ("sentence",), device="cpu"))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Shards with features of a model called bert, and the same with those of another of that name."""
    folder = tmp_path_factory.mktemp("identity")
    one, other = make_encoder(folder / "a", "bert"), make_encoder(folder / "b", "bert", seed=5)
    return make_shards(folder / "one", one), make_shards(folder / "other", other)


def run(shards, out, *overrides, **config):
    return train(TrainConfig(shards, tiny_recipe(*ALIGNED, *overrides), out, device="cpu", **config))


def test_run_json_names_the_text_model_by_its_weights(made, tmp_path):
    info = run(made[0], tmp_path / "run").info
    record = open_shards(made[0]).feature_record()
    assert info.encoder["weights_sha256"] == record.weights_sha256
    assert info.data_sha256 == open_shards(made[0]).manifest.data_sha256()


def test_a_run_is_not_resumed_with_features_of_other_weights_under_the_same_name(made, tmp_path):
    run(made[0], tmp_path / "run")
    before = (tmp_path / "run" / "run.json").read_bytes()
    with pytest.raises(
        InputError, match=r"trained with text features of bert.*the shards hold bert"
    ) as error:
        run(made[1], tmp_path / "run", resume=True)
    assert "\n" not in str(error.value)
    assert (tmp_path / "run" / "run.json").read_bytes() == before


def test_a_recipe_may_name_the_weights(made, tmp_path):
    digits = open_shards(made[0]).feature_record().weights_sha256[:12]
    pinned = f"alignment.encoder_sha256='{digits}'"
    run(made[0], tmp_path / "one", pinned)
    with pytest.raises(InputError, match=f"the recipe names weights {digits}"):
        run(made[1], tmp_path / "other", pinned)
    assert not (tmp_path / "other").exists()


def test_features_that_are_added_do_not_keep_a_run_from_going_on(made, tmp_path):
    shards = shutil.copytree(made[0], tmp_path / "shards")
    run(shards, tmp_path / "run")
    embed(EmbedConfig(shards, str(make_encoder(tmp_path, "clip")), ("sentence",), device="cpu"))
    run(shards, tmp_path / "run", resume=True)
    assert open_run(tmp_path / "run").stopped() is None


def test_a_run_is_not_resumed_on_other_poses(made, tmp_path):
    run(made[0], tmp_path / "run", "alignment.name=none")
    other = make_shards(tmp_path / "shards", dataset=TinyDataset(seed=3))
    with pytest.raises(InputError, match="another data_sha256"):
        run(other, tmp_path / "run", "alignment.name=none", resume=True)


def test_results_of_an_ablation_are_not_mixed_with_those_of_another_text_model(made, tmp_path):
    grid = tmp_path / "grid.yaml"
    grid.write_text(
        "{name: mine, description: d, reference: plain, variants: {plain: {}, text: {alignment: {name: cm}}}}"
    )
    recipe = tiny_recipe(*ALIGNED)
    overrides = ("clips={frames: 5}", "training={steps: 2, batch: 4}")
    options = f"backbone.options={recipe.backbone.options}".replace("'", "")
    shards = shutil.copytree(made[0], tmp_path / "shards")
    config = AblationConfig(
        shards, tmp_path / "out", str(grid), overrides=(options, *overrides), device="cpu"
    )
    ablate(config)
    ablate(config)
    shutil.rmtree(shards)
    shutil.copytree(made[1], shards)
    with pytest.raises(InputError, match="was trained with text features of bert"):
        ablate(config)
