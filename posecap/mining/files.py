"""From shards to a posecode definitions file with mined marks and rules."""

from __future__ import annotations

from pathlib import Path

import yaml

from posecap.errors import InputError
from posecap.mining.counting import count_shards
from posecap.mining.marks import mined_definitions
from posecap.posecodes.definitions import Definitions
from posecap.writing import whole_file


def mine(shards: str | Path, out: str | Path, split: str | None = "train", marks: bool = True) -> Definitions:
    """Mine the poses of a shard directory and write the definitions to the `.yaml` file `out`.

    `split` names the poses that count (None: all of them); with `marks` False only removal rules and
    statistics are new. Raises InputError where the shards are not fit for it, and where the file cannot
    be written or is there already: definitions are files that people go on to edit.
    """
    from posecap.shards import open_shards

    path = Path(out)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError(f"{out}: expected a name that ends in .yaml")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent}: no such directory")
    if path.exists():
        raise InputError(f"{out}: is there already: choose another name or delete it")
    counts = count_shards(open_shards(shards), split=split)
    if not counts.num_poses:
        raise InputError(f"{shards}: no poses to mine")
    definitions = mined_definitions(counts, path.stem, marks)
    write_definitions(definitions, path)
    return definitions


def write_definitions(definitions: Definitions, path: str | Path) -> None:
    """Write a definitions file, atomically; `load_definitions(path)` gives the same back."""
    data = definitions.model_dump(mode="json", exclude_defaults=True)
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100_000)
    with whole_file(path) as beside:
        beside.write_text(text, encoding="utf-8")


class _Dumper(yaml.SafeDumper):
    """Entries, rules and counts one to a line."""


def _mapping(dumper: yaml.SafeDumper, data: dict) -> yaml.Node:
    inline = "joints" in data or "given" in data or "kind" in data
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=inline)


def _list(dumper: yaml.SafeDumper, data: list) -> yaml.Node:
    inline = all(not isinstance(entry, dict | list) for entry in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=inline)


_Dumper.add_representer(dict, _mapping)
_Dumper.add_representer(list, _list)
