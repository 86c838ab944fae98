"""posecap stats: how often each category occurs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import FormatOption, JsonOption, ShardsArgument, chosen_format
from cli.tables import Format, print_rows
from posecap.errors import unknown_name


def stats(
    shards: ShardsArgument,
    by_action: Annotated[bool, typer.Option("--by-action", help="Count each action's frames too.")] = False,
    kind: Annotated[str | None, typer.Option(help="Only this kind of posecode.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it too, as this .png file.")] = None,
    output: FormatOption = Format.table,
    json: JsonOption = False,
) -> None:
    """Count how often each category of each posecode occurs, beside its current mark.

    **In**: a shard directory. **Out**: one row a category (and action) on standard output; with `--plot` a
    picture of them.

    Example: `posecap stats shards/ --by-action --plot stats.png`
    """
    from posecap.mining.occurrence import occurrences
    from posecap.shards import open_shards

    opened = open_shards(shards)
    rows = occurrences(opened, by_action)
    if kind is not None:
        kinds = {row["kind"] for row in rows}
        if kind not in kinds:
            raise unknown_name("kind", kind, kinds)
        rows = [row for row in rows if row["kind"] == kind]
    if plot is not None:
        from posecap.mining.picture import draw_occurrences

        draw_occurrences(rows, plot, f"{opened.manifest.dataset}: how often each category occurs")
        note(f"drawn: {plot}")
    shown = [{**row, "action": row["action"] or "all", "share": round(row["share"], 4)} for row in rows]
    print_rows(shown, chosen_format(output, json))
