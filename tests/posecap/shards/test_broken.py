"""Shards that were damaged in every way: `validate` names the file, reading never gives a wrong row."""

from __future__ import annotations

import random
import shutil

import pytest

from posecap.errors import InputError
from posecap.shards import Shards, open_shards, validate

FEW, MANY = 24, 200
CASES = [*range(FEW), *(pytest.param(case, marks=pytest.mark.slow) for case in range(FEW, MANY))]
WAYS = ("flip", "truncate", "delete", "swap", "zero", "append")


def damage(root, way, chance) -> list[str]:
    """Damage a file in one way; the names of the files that are no longer as they were."""
    names = [*open_shards(root).manifest.files, "manifest.json"]
    name = chance.choice(names)
    path = root / name
    data = bytearray(path.read_bytes())
    if way == "swap":
        other = chance.choice([one for one in names if (root / one).read_bytes() != data])
        swapped = (root / other).read_bytes()
        (root / other).write_bytes(data)
        path.write_bytes(swapped)
        return [name, other]
    if way == "delete":
        path.unlink()
        return [name]
    place = chance.randrange(len(data))
    if way == "flip":
        data[place] ^= 1 << chance.randrange(8)
    elif way == "truncate":
        del data[place:]
    elif way == "append":
        data += b"\n{}"
    else:
        end = min(len(data), place + 16)
        if not any(data[place:end]):
            return damage(root, way, chance)
        data[place:end] = bytes(end - place)
    path.write_bytes(data)
    return [name]


def read_everything(shards: Shards):
    """All rows, as a list to compare."""
    found = [
        shards.definitions().sha256,
        *(shards.table(name).to_pylist() for name in shards.manifest.tables),
    ]
    for source in shards.sources:
        for info, camera, frames, view in shards.iter_views(source):
            found.append((info.key, camera.name, frames.pose_3d.tolist(), view.pose_2d.tolist()))
    return found


@pytest.fixture(scope="module")
def rows(tiny_shards):
    return read_everything(open_shards(tiny_shards))


@pytest.mark.parametrize("case", CASES)
def test_damage_is_named_and_never_read(tiny_shards, rows, tmp_path, case):
    copy = shutil.copytree(tiny_shards, tmp_path / "copy")
    damaged = damage(copy, WAYS[case % len(WAYS)], random.Random(case))
    problems = validate(copy)
    assert problems
    if "manifest.json" in damaged:
        assert any("manifest.json" in problem for problem in problems)
    else:
        assert all(any(name in problem for problem in problems) for name in damaged)
    with pytest.raises(InputError) as caught:
        assert read_everything(open_shards(copy)) == rows
    assert any(name in str(caught.value) for name in damaged)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("case", CASES)
def test_damage_to_remote_files_is_never_read_wrongly(tiny_shards, rows, tmp_path, case):
    """Without the files' hashes, page checksums and sizes must do."""
    copy = shutil.copytree(tiny_shards, tmp_path / "copy")
    damage(copy, WAYS[case % len(WAYS)], random.Random(1000 + case))
    try:
        assert read_everything(open_shards(f"file://{copy}")) == rows
    except InputError as error:
        assert "\n" not in str(error)  # noqa: PT017
