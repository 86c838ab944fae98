"""posecap mine: marks and removal rules from data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, ShardsArgument
from cli.tables import print_json


def mine(
    shards: ShardsArgument,
    out: Annotated[
        Path, typer.Option(help="Posecode definitions file to write (.yaml).", show_default=False)
    ],
    split: Annotated[str, typer.Option(help="Split whose poses count, or all.")] = "train",
    keep_marks: Annotated[bool, typer.Option("--keep-marks", help="Derive only removal rules.")] = False,
    json: JsonOption = False,
) -> None:
    """Derive from the poses of shards what is rare, too common to tell, or goes without saying.

    **In**: a shard directory. **Out**: a posecode definitions file for `--posecodes` of generate and caption.

    Example: `posecap mine shards/ --out mine.yaml`
    """
    from posecap.mining import mine as mine_shards

    made = mine_shards(shards, out, None if split == "all" else split, not keep_marks)
    acceptable = sum(len(entry.acceptable) for _, entry in made.columns)
    rare = sum(len(entry.rare) for _, entry in made.columns)
    told = {
        "file": str(out),
        "poses": made.statistics.poses if made.statistics else 0,
        "acceptable": acceptable,
        "rare": rare,
        "removal_rules": len(made.removal_rules),
    }
    if json:
        print_json(told)
    else:
        print(
            f"{out}: from {told['poses']} poses, {acceptable} categories may be told ({rare} rare), "
            f"{told['removal_rules']} removal rules"
        )
