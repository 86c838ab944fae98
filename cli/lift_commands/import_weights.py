"""`lift import-weights`: a public checkpoint in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import parse_settings


def import_weights(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Checkpoint of the public code.", show_default=False)
    ],
    family: Annotated[
        str, typer.Option("--from", help="Whose: mixste, d3dp or motionbert.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(metavar="RUN", help="Run folder to make.", show_default=False)],
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="What tensors do not tell: heads=8."),
    ] = None,
) -> None:
    """Make a run of a public checkpoint, for `lift eval RUN --features SHARDS` and `lift predict`.

    In: a file of MixSTE, D3DP or MotionBERT (.bin, .pth); only tensors and plain containers are read,
    whatever else is in it is neither run nor loaded. Out: the folder RUN.
    """
    from lifting.weights import import_public

    model = import_public(family, file, out, **parse_settings(option))
    note(f"{out}: {family}, {model.num_parameters():,} parameters")
