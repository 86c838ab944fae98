"""posecap embed and posecap mine; every table, features too, opens with tools that know nothing of us."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posecap.shards import open_shards
from tests.cli.conftest import TINY_DEMO, Command
from tests.fixtures.tiny_encoders import make_encoder

ENCODER = "bert"


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_encoder(tmp_path_factory.mktemp("encoder"), ENCODER)


@pytest.fixture(scope="module")
def embedded(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny shards with features of every granularity."""
    out = tmp_path_factory.mktemp("embedded") / "shards"
    command = Command()
    command.succeed("generate", *TINY_DEMO, "--subjects", "D1", "--out", out, "--encoder", "none", "-q")
    command.succeed("embed", out, "--encoder", encoder, "--granularity", "sentence,caption,token,label", "-q")
    return out


def test_embed_adds_features_and_tells_which(embedded, encoder, posecap):
    shards = open_shards(embedded)
    assert {record.granularity for record in shards.manifest.features} == {
        "sentence",
        "caption",
        "token",
        "label",
    }
    assert shards.features(ENCODER, "sentence").vectors.shape == (shards.manifest.definitions.sentences, 32)
    again = json.loads(
        posecap.succeed("embed", embedded, "--encoder", encoder, "--granularity", "sentence", "--json", "-q")
    )
    assert again["features"] == []
    assert posecap.succeed("validate", embedded, "-q") == f"{embedded}: whole\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--granularity", "word"], "word"),
        (["--encoder", "no/such-encoder"], "no/such-encoder"),
        (["--context", "page", "--granularity", "caption"], "page"),
    ],
)
def test_embed_refuses_in_one_line_and_leaves_the_shards_whole(arguments, told, shards, posecap):
    assert told in posecap.fail("embed", shards, *arguments, "-q")
    assert posecap.succeed("validate", shards, "-q") == f"{shards}: whole\n"


def test_mine_writes_definitions_that_generate_takes(made_shards, tmp_path, posecap):
    out = tmp_path / "mine.yaml"
    told = json.loads(posecap.succeed("mine", made_shards, "--out", out, "--split", "all", "--json"))
    assert told["poses"] == open_shards(made_shards).manifest.tables["frames"].rows
    arguments = ("--posecodes", out, "--out", tmp_path / "shards", "--encoder", "none", "-q")
    posecap.succeed("generate", *TINY_DEMO, "--subjects", "D1", *arguments)
    assert open_shards(tmp_path / "shards").manifest.definitions.name == "mine"


def test_mine_refuses_in_one_line_and_leaves_nothing(made_shards, tmp_path, posecap):
    assert ".yaml" in posecap.fail("mine", made_shards, "--out", tmp_path / "mine.txt")
    assert "split 'dev'" in posecap.fail(
        "mine", made_shards, "--out", tmp_path / "mine.yaml", "--split", "dev"
    )
    assert "no such" in posecap.fail("mine", tmp_path / "absent", "--out", tmp_path / "mine.yaml")
    assert list(tmp_path.iterdir()) == []


def test_mine_leaves_a_file_that_is_there_as_it_is(made_shards, tmp_path, posecap):
    (tmp_path / "own.yaml").write_text("mine")
    assert "is there already" in posecap.fail("mine", made_shards, "--out", tmp_path / "own.yaml")
    assert (tmp_path / "own.yaml").read_text() == "mine"


@pytest.fixture(scope="module")
def tables(embedded: Path) -> dict[str, tuple[list[str], int]]:
    """Of each table in the manifest: its files and its rows."""
    shards = open_shards(embedded)
    return {
        name: ([str(embedded / path) for path in shards.files(name)], record.rows)
        for name, record in shards.manifest.tables.items()
    }


def test_every_table_opens_in_pandas(tables):
    pandas = pytest.importorskip("pandas")
    for files, rows in tables.values():
        assert sum(len(pandas.read_parquet(file)) for file in files) == rows


def test_every_table_opens_in_polars(tables):
    polars = pytest.importorskip("polars")
    for files, rows in tables.values():
        assert polars.read_parquet(files).height == rows


def test_every_table_opens_in_duckdb_with_the_values_of_pyarrow(tables):
    duckdb = pytest.importorskip("duckdb")
    import pyarrow.parquet as parquet

    for files, rows in tables.values():
        found = duckdb.read_parquet(files).fetchall()
        assert len(found) == rows
        first = parquet.read_table(files[0]).slice(0, 1).to_pylist()[0]
        for seen, value in zip(found[0], first.values(), strict=True):
            assert (list(seen) if isinstance(seen, tuple) else seen) == value


def test_every_table_opens_as_a_hugging_face_data_set(tables, tmp_path):
    datasets = pytest.importorskip("datasets")
    for files, rows in tables.values():
        loaded = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path))
        assert loaded.num_rows == rows
        loaded[0]
