"""posecap export: shards back to the archives that other lifters read."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import JsonOption, ShardsArgument, split_names
from cli.tables import human_bytes, print_json, print_rows
from posecap.errors import InputError


class ExportFormat(StrEnum):
    """Layouts of archives."""

    h36m = "h36m"


def export(
    shards: ShardsArgument,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write into.", show_default=False)],
    layout: Annotated[
        ExportFormat, typer.Option("--format", help="h36m: data_3d_h36m.npz and data_2d_h36m_<source>.npz.")
    ] = ExportFormat.h36m,
    keypoints: Annotated[
        str | None, typer.Option(help="Only these 2D sources, separated by commas. [default: all]")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write shards as the archives that other lifters read (VideoPose3D's layout).

    **In**: shards of 17 joints, of any data set. **Out**: 3D poses in metres, z up, by subject and action,
    and 2D keypoints in pixels, a track a camera, with confidences beside where there are any. The archives
    hold no cameras: those stay in the shards' cameras.parquet.

    Example: `posecap export shards/ --out archives/`
    """
    from posecap.shards import open_shards
    from posecap.shards.to_archives import shards_to_archives

    if keypoints is not None and not split_names(keypoints):
        raise InputError("--keypoints: names no 2D source")
    opened = open_shards(shards)
    writers = {ExportFormat.h36m: shards_to_archives}
    paths = writers[layout](opened, out, split_names(keypoints) or None)
    sizes = {str(path): path.stat().st_size for path in paths}
    if json:
        print_json([{"file": path, "size": size} for path, size in sizes.items()])
        return
    print_rows([{"file": path, "size": human_bytes(size)} for path, size in sizes.items()])
    if opened.manifest.dataset != "h36m":
        note(f"the cameras are not in these archives; they stand in {shards}/cameras.parquet")
