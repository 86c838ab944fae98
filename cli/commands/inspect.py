"""posecap inspect: what the shards say of which frame."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.console import note
from cli.options import FormatOption, JsonOption, ShardsArgument, chosen_format
from cli.tables import Format, print_rows


def inspect(
    shards: ShardsArgument,
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    sequence: Annotated[str | None, typer.Option(help="Only this sequence.")] = None,
    frame: Annotated[int | None, typer.Option(min=0, help="Only this frame.")] = None,
    camera: Annotated[
        str | None, typer.Option(help="Only this camera, where captions belong to views.")
    ] = None,
    where: Annotated[
        str | None, typer.Option(help='Only where this holds of the pose: "hands distance is close and ...".')
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every so many frames.")] = 1,
    changes: Annotated[
        bool, typer.Option("--changes", help="Only frames that are told otherwise than the one before.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="Rows at most, 0 for all.")] = 20,
    output: FormatOption = Format.table,
    json: JsonOption = False,
) -> None:
    """Show captions of the frames in a shard directory.

    **In**: a shard directory, and filters. **Out**: one row a frame (and camera, and caption variant) on
    standard output.

    Example: `posecap inspect shards/ --action Walking --where "left_knee angle is straight" --limit 5`
    """
    from posecap.browse import Filters, caption_rows

    filters = Filters(subject, action, sequence, frame, camera, every, changes, where)
    rows = caption_rows(shards, filters, limit or None)
    print_rows(rows, chosen_format(output, json), title=str(shards))
    if not rows:
        note("no frame passes these filters")
