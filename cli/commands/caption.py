"""posecap caption: a file of poses in, captions out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import FormatOption, JsonOption, LanguageOption, chosen_format, parse_settings, split_names
from cli.progress import progress
from cli.tables import Format, print_rows


def caption(
    file: Annotated[
        Path,
        typer.Argument(
            help="Poses: .npy, .npz, .csv, .parquet or .json (frames, joints, 3), .bvh, .amc, AMASS's .npz.",
            show_default=False,
        ),
    ],
    skeleton: Annotated[str, typer.Option(help="Skeleton of the poses: a name or a .yaml file.")] = "h36m17",
    up: Annotated[
        str | None, typer.Option(help="Axis that points up: x, y, z, -x, -y or -z. [default: the skeleton's]")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="m, cm, mm or in. [default: the skeleton's]")] = None,
    style: Annotated[str, typer.Option(help="canonical, simple or natural.")] = "natural",
    captions_per_frame: Annotated[int, typer.Option(min=1, help="Captions of each frame.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the wording.")] = 0,
    posecodes: Annotated[
        str | None,
        typer.Option(help="Posecode definitions: a name or a .yaml file. [default: the skeleton's]"),
    ] = None,
    frame: Annotated[
        str, typer.Option(help="Axes: body, camera, or as-is where joints are in them already.")
    ] = "body",
    frames: Annotated[
        str, typer.Option(help="Only these: numbers and START:STOP:STEP, e.g. 0,10:20,::25.")
    ] = "",
    without: Annotated[
        str | None, typer.Option(help="Body parts of which nothing is told, e.g. head,left_hand.")
    ] = None,
    action: Annotated[str, typer.Option(help="Activity, told in a sentence in front.")] = "",
    concise: Annotated[
        bool, typer.Option("--concise", help="Leave out what follows from what is told.")
    ] = False,
    language: LanguageOption = "en",
    sequence: Annotated[
        str | None, typer.Option(help='Which motion of data_3d_h36m.npz: "S9/Walking 1".')
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(help="NAME=VALUE for the file's reader, e.g. body_models=DIR; may be repeated."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Instead: value, category, mark and fate of each posecode.")
    ] = False,
    output: FormatOption = Format.table,
    json: JsonOption = False,
) -> None:
    """Tell in words what the poses of one file are.

    **In**: a file of 3D poses. Of a `.bvh` file the unit, the up axis and which joint is which are found out,
    and told on standard error. **Out**: one caption a frame on standard output; with `--explain`, one row a
    posecode.

    Example: `posecap caption walk.npy --skeleton h36m17 --up z --frames ::25`
    """
    from posecap.describe import Options, describe_file, explain_file

    options = Options(
        skeleton,
        up,
        unit,
        posecodes,
        frame,
        style,
        seed,
        variants=captions_per_frame,
        without=split_names(without),
        action=action,
        concise=concise,
        language=language,
        sequence=sequence,
        reader=parse_settings(option),
    )
    with progress():
        rows = (explain_file if explain else describe_file)(file, options, frames, note)
    print_rows(rows, chosen_format(output, json))
