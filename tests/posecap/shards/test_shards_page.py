"""What docs/shards.md shows works as it stands."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

import posecap.encoders
from posecap.shards import EmbedConfig, embed, open_shards
from tests.fixtures.hasher import Hasher

PAGE = Path(__file__).parents[3] / "docs" / "shards.md"


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def folder(tiny_shards, tmp_path, monkeypatch):
    """A folder with `shards/` in it, as the page has it."""
    shutil.copytree(tiny_shards, tmp_path / "shards")
    monkeypatch.setattr(posecap.encoders, "load_encoder", lambda *args, **options: Hasher())
    embed(EmbedConfig(tmp_path / "shards", granularities=("sentence",)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_queries_give_rows(folder, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(folder / "shards")
    queries = blocks("sql")
    assert len(queries) == 3
    assert all(duckdb.sql(query).fetchall() for query in queries)


def test_the_python_examples_run(folder, capsys):
    examples = blocks("python")
    assert len(examples) == 2
    for example in examples:
        exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102
    assert "torch.Size([27, 17, 2]) torch.Size([27, 17, 3])" in capsys.readouterr().out


def test_every_table_and_column_is_told(tiny_shards):
    page, shards = PAGE.read_text(encoding="utf-8"), open_shards(tiny_shards)
    for name in shards.manifest.tables:
        assert name.split("/")[0] in page
        if name != "posecodes":
            for column in shards.table(name).column_names if "posecode" not in name else ():
                assert column in page, (name, column)
