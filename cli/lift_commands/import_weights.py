"""`lift import-weights`: a public checkpoint in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import JsonOption, parse_settings
from cli.tables import print_json


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
    json: JsonOption = False,
) -> None:
    """Make a run folder of a public checkpoint, for `lift eval --features` and `lift predict`.

    **In**: a file of MixSTE, D3DP or MotionBERT (.bin, .pth); only tensors and plain containers are read,
    whatever else is in it is neither run nor loaded. **Out**: a run folder.

    Example: `lift import-weights best_epoch.bin --from mixste --out runs/mixste`
    """
    from lifting.weights import import_public

    model = import_public(family, file, out, parse_settings(option))
    parameters = model.num_parameters()
    if json:
        print_json({"run": str(out), "family": family, "parameters": parameters})
    else:
        note(f"{out}: {family}, {parameters:,} parameters")
