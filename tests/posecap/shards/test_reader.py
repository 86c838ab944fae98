"""Reading rows, slices and features; and the tables without this package."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.shards import Ragged, open_shards
from posecap.shards.store import address_of
from tests.fixtures.tiny_dataset import TinyDataset


def test_a_slice_is_the_slice_of_the_whole(tiny_shards):
    shards = open_shards(tiny_shards)
    whole, some = shards.read_frames("S3/sway 2"), shards.read_frames("S3/sway 2", 5, 17)
    np.testing.assert_array_equal(some.pose_3d, whole.pose_3d[5:17])
    assert [list(row) for row in some.sentence_ids] == [list(row) for row in whole.sentence_ids][5:17]
    view = shards.read_view("S3/sway 2", "gt", "c1", 40)
    np.testing.assert_array_equal(view.pose_2d, shards.read_view("S3/sway 2", "gt", "c1").pose_2d[40:])


def test_every_view_is_met_once(tiny_shards):
    shards = open_shards(tiny_shards)
    met = [(info.key, camera.name, len(view.pose_2d)) for info, camera, _, view in shards.iter_views("gt")]
    lengths = dict(zip(TinyDataset().keys(), TinyDataset().lengths, strict=True))
    assert met == [(key, camera, lengths[key]) for key in lengths for camera in ("c0", "c1")]
    only = list(shards.iter_views("sim", ["S2/sway 1"]))
    assert [(info.key, camera.name) for info, camera, *_ in only] == [
        ("S2/sway 1", "c0"),
        ("S2/sway 1", "c1"),
    ]


def test_unknown_names_are_told_with_the_near_ones(tiny_shards):
    shards = open_shards(tiny_shards)
    with pytest.raises(InputError, match=r"unknown 2D source 'cpn'.*known: gt, sim"):
        shards.views("cpn")
    with pytest.raises(InputError, match=r"unknown sequence in frames.*did you mean.*S1/sway 0"):
        shards.read_frames("S1/sway 9")
    with pytest.raises(InputError, match="holds no text features"):
        shards.features()


def test_opened_shards_travel_to_other_processes(tiny_shards):
    shards = pickle.loads(pickle.dumps(open_shards(tiny_shards)))
    assert shards.frames(["frame"]).num_rows == sum(TinyDataset().lengths)


def test_captions_are_found_by_their_ids(tiny_shards):
    shards = open_shards(tiny_shards)
    rows = {row["caption_id"]: row["caption"] for row in shards.captions().to_pylist()}
    wanted = list(rows)[3:40:7]
    found = shards.find_captions(np.array([*wanted, wanted[0], 12345]), ["caption"]).to_pylist()
    assert {row["caption_id"]: row["caption"] for row in found} == {index: rows[index] for index in wanted}
    assert shards.find_captions(np.array([12345]), ["caption"]).num_rows == 0


def test_posecodes_of_a_sequence_are_its_rows(tiny_shards):
    shards = open_shards(tiny_shards)
    column = shards.posecode_dictionary()["column"][3].as_py()
    whole = shards.posecodes(["sequence", column]).to_pandas()
    rows = shards.read_posecodes("S3/sway 2", [column])[column].to_pylist()
    assert rows == whole[whole.sequence == "S3/sway 2"][column].tolist()


def test_shards_open_from_any_file_system(tiny_shards):
    assert open_shards(Path(f"file://{tiny_shards}")).frames().num_rows == 114
    shards = open_shards(f"file://{tiny_shards}")
    assert shards.read_frames("S1/sway 0").pose_3d.shape == (30, 17, 3)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("s3://bucket/a/shards", "s3://bucket/a/shards"),
        (Path("s3://bucket/a/shards"), "s3://bucket/a/shards"),
        (Path("file:///data/shards"), "file:///data/shards"),
        (Path("memory://shards"), "memory://shards"),
        (Path("/data/shards/"), "/data/shards"),
    ],
)
def test_addresses_survive_being_paths(given, expected):
    assert address_of(given) == expected


def test_ragged_rows_are_padded():
    rows = Ragged(np.array([0, 2, 2, 5]), np.array([7, 8, 1, 2, 3]))
    np.testing.assert_array_equal(rows.padded(), [[7, 8, -1], [-1, -1, -1], [1, 2, 3]])
    np.testing.assert_array_equal(rows.padded(2), [[7, 8], [-1, -1], [1, 2]])


@pytest.mark.parametrize("tool", ["pandas", "duckdb", "polars", "datasets"])
def test_every_table_opens_without_this_package(tiny_shards, tmp_path, tool):
    module = pytest.importorskip(tool)
    shards = open_shards(tiny_shards)
    for name, record in shards.manifest.tables.items():
        files = [str(tiny_shards / path) for path in shards.files(name)]
        if tool == "pandas":
            rows = sum(len(module.read_parquet(file)) for file in files)
        elif tool == "polars":
            rows = len(module.read_parquet(files))
        elif tool == "duckdb":
            rows = len(module.execute("select * from read_parquet(?)", [files]).fetchall())
        else:
            loaded = module.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path))
            rows = len(loaded)
        assert rows == record.rows, name


def test_sql_joins_frames_with_their_sentences(tiny_shards, monkeypatch):
    duckdb = pytest.importorskip("duckdb")
    monkeypatch.chdir(tiny_shards)
    found = duckdb.sql(
        """select s.sentence, count(*) n from (select unnest(sentence_ids) id from 'frames/*.parquet') f
        join 'sentences.parquet' s on s.sentence_id = f.id group by 1 order by n desc"""
    ).fetchall()
    told = open_shards(tiny_shards).frames(["sentence_ids"])["sentence_ids"].combine_chunks()
    assert sum(count for _, count in found) == len(told.flatten())
