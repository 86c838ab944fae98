"""posecap report: one page to look at shards with."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, ShardsArgument
from cli.tables import human_bytes, print_json


def report(
    shards: ShardsArgument,
    out: Annotated[Path, typer.Option(help="Page to write.")] = Path("report.html"),
    subject: Annotated[str | None, typer.Option(help="Only this subject.")] = None,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    sequence: Annotated[str | None, typer.Option(help="Only this sequence.")] = None,
    source: Annotated[str | None, typer.Option(help="2D source to draw. [default: the first]")] = None,
    seconds: Annotated[
        float, typer.Option(min=0.1, help="Seconds of each sequence, from its middle.")
    ] = 10.0,
    rate: Annotated[float, typer.Option(min=0.1, help="Frames of each second, about.")] = 12.5,
    max_megabytes: Annotated[
        float, typer.Option(min=0, help="Clips are taken until the page has this size.")
    ] = 5.0,
    json: JsonOption = False,
) -> None:
    """Write one self-contained page: turning skeletons, four cameras, captions, search and statistics.

    **In**: a shard directory, and filters. **Out**: an HTML file that needs no network, and its path on
    standard output.

    Example: `posecap report shards/ --out report.html --action Walking`
    """
    from posecap.browse import Filters
    from posecap.report import ReportOptions, write_report

    filters = Filters(subject=subject, action=action, sequence=sequence)
    made = write_report(shards, out, ReportOptions(filters, source, seconds, rate, max_megabytes))
    if json:
        print_json(asdict(made))
    else:
        clips = "1 clip" if made.clips == 1 else f"{made.clips} clips"
        print(f"{made.path}: {clips} of {made.sequences} sequences, {human_bytes(made.bytes)}")
