"""`validate` and the reader against changed, missing and swapped files."""

from __future__ import annotations

import json
import shutil

import pytest

from posecap.errors import InputError
from posecap.shards import open_shards, validate


@pytest.fixture
def copy(tiny_shards, tmp_path):
    return shutil.copytree(tiny_shards, tmp_path / "copy")


def flip(path, place):
    data = bytearray(path.read_bytes())
    data[place] ^= 0x10
    path.write_bytes(data)


def test_whole_shards_have_no_problems(tiny_shards):
    assert validate(tiny_shards, content=True) == []


def test_a_flipped_byte_is_found_in_every_table(copy):
    manifest = open_shards(copy).manifest
    for name in manifest.files:
        flip(copy / name, manifest.files[name].size // 3)
        assert [problem for problem in validate(copy) if name not in problem] == []
        assert len(validate(copy)) == 1
        flip(copy / name, manifest.files[name].size // 3)
    assert validate(copy) == []


def test_a_missing_file_is_named_by_validate_and_reader(copy):
    (copy / "frames" / "part-00001.parquet").unlink()
    assert "frames/part-00001.parquet: missing" in validate(copy)[0]
    with pytest.raises(InputError, match=r"frames/part-00001.parquet: missing"):
        open_shards(copy).read_frames("S3/sway 2")


def test_a_truncated_file_is_refused_by_its_size(copy):
    path = copy / "views" / "gt" / "part-00000.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match=r"part-00000.parquet: has \d+ bytes"):
        open_shards(copy).read_view("S1/sway 0", "gt", "c0")


def test_the_reader_sees_a_flipped_byte_in_the_rows_it_reads(copy):
    path = copy / "frames" / "part-00000.parquet"
    flip(path, 300)
    with pytest.raises(InputError, match=r"part-00000.parquet: changed since it was written"):
        open_shards(copy).read_frames("S1/sway 0")


def test_a_changed_manifest_is_refused(copy):
    path = copy / "manifest.json"
    data = json.loads(path.read_text())
    data["tables"]["frames"]["rows"] += 1
    path.write_text(json.dumps(data))
    assert "its own hash differs" in validate(copy)[0]
    with pytest.raises(InputError, match=r"manifest.json: changed"):
        open_shards(copy)


def test_files_in_another_file_system_are_compared_byte_by_byte(tiny_shards, copy):
    assert validate(f"file://{copy}", content=True) == []
    name = "views/gt/part-00000.parquet"
    flip(copy / name, (copy / name).stat().st_size - 20)  # in the footer, where there are no page checksums
    shutil.copy(copy / "frames" / "part-00000.parquet", copy / "frames" / "part-00077.parquet")
    (copy / "cameras.parquet").unlink()
    assert validate(f"file://{copy}") == [
        f"{copy}/cameras.parquet: missing, manifest.json lists it",
        f"{copy}/{name}: changed since it was written (its sha256 differs)",
        f"{copy}/frames/part-00077.parquet: is not in manifest.json",
    ]


def test_an_extra_part_is_named(copy):
    shutil.copy(copy / "frames" / "part-00000.parquet", copy / "frames" / "part-00077.parquet")
    assert validate(copy) == [f"{copy}/frames/part-00077.parquet: is not in manifest.json"]


def test_a_folder_without_manifest_is_no_shard_directory(tmp_path):
    with pytest.raises(InputError, match=r"no manifest.json"):
        open_shards(tmp_path)
    with pytest.raises(InputError, match="no such shard directory"):
        open_shards(tmp_path / "nowhere")
    (tmp_path / "walk.npy").write_bytes(b"")
    with pytest.raises(InputError, match=r"walk.npy: is a file, expected a shard directory"):
        open_shards(tmp_path / "walk.npy")
