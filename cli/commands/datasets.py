"""posecap datasets: what can be read, from which files, and where people get them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import make_app
from cli.options import FormatOption, JsonOption, chosen_format, parse_settings
from cli.tables import Format, print_json, print_rows

if TYPE_CHECKING:
    from posecap.datasets import DatasetManifest, WantedFile

datasets = make_app(
    "Which data sets can be read, what files they want, and what is found of them.\n\n"
    "Example: `posecap datasets show h36m --root data/`"
)


@datasets.command("list")
def list_datasets(output: FormatOption = Format.table, json: JsonOption = False) -> None:
    """List every data set and format that `posecap generate --dataset` reads.

    **In**: nothing. **Out**: one row a data set.

    Example: `posecap datasets list`
    """
    from posecap.datasets import dataset_names, load_dataset_manifest

    found = [load_dataset_manifest(name) for name in dataset_names()]
    rows = [
        {"name": one.name, "title": one.title, "skeleton": one.skeleton, "licence": one.licence}
        for one in found
    ]
    print_rows(rows, chosen_format(output, json))


@datasets.command("show")
def show_dataset(
    name: Annotated[
        str, typer.Argument(help="A name of `posecap datasets list`, or a .bvh file.", show_default=False)
    ],
    root: Annotated[Path | None, typer.Option(help="Folder to look for the files in.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the reader of .bvh files; may be repeated.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Tell what a data set is, which files it wants, who gives them, and what lies under a folder.

    **In**: a name, and a folder to look in; or a .bvh file. **Out**: a description; with `--root`, what is
    found and missing, whether the checksums that are known hold, and of a folder of .bvh files what is found
    out about each, or stays open; of one .bvh file, what is taken from it: unit, up axis, height, and the
    joint for each landmark.

    Example: `posecap datasets show h36m --root data/`
    """
    if name.lower().endswith(".bvh"):
        from posecap.options import check_options
        from posecap.readers.bvh import describe

        options = check_options("dataset bvh", describe, parse_settings(option))
        _print_described(describe(name, **options), json)
        return
    from posecap.datasets import checksum, find_files, load_dataset_manifest
    from posecap.readers import reader_options, survey

    manifest = load_dataset_manifest(name)
    known = reader_options(manifest.reader)
    files: list[dict[str, Any]] = [
        {"file": wanted.pattern, "holds": wanted.holds, "needed": _needed(wanted)}
        for wanted in manifest.files
    ]
    if root is not None:
        for row, found in zip(files, find_files(manifest, root), strict=True):
            told = {"status": found.status, "found": list(found.found)}
            row |= told | {"checksum": checksum(found, root)}
    looked = survey(manifest.reader, root, parse_settings(option)) if root is not None else []
    if json:
        told = manifest.model_dump(mode="json", exclude={"cameras", "extrinsics"})
        print_json({**told, "files": files, "options": known, "sequences": looked})
        return
    for line in _describe(manifest):
        print(line)
    for rows in (files, known, looked):
        if rows:
            print()
            print_rows(rows)


def _print_described(found: dict[str, Any], json: bool) -> None:
    if json:
        print_json(found)
        return
    landmarks = found.pop("landmarks")
    print_rows([{"what": what, "found": value} for what, value in found.items()])
    print()
    print_rows([{"landmark": landmark, "joint": joint} for landmark, joint in landmarks.items()])


def _needed(wanted: WantedFile) -> str:
    """Files of different ways stand in for each other."""
    return f"for {wanted.way}" if wanted.required and wanted.way else "yes" if wanted.required else "no"


def _describe(manifest: DatasetManifest) -> list[str]:
    told = {
        "name": f"{manifest.name}: {manifest.title}",
        "what": " ".join(manifest.description.split()),
        "licence": manifest.licence,
        "obtain": manifest.obtain,
        "cite": manifest.cite,
        "skeleton": manifest.skeleton,
        "fps": manifest.fps,
        "up": manifest.up,
        "cameras": len(manifest.cameras) or None,
        **{f"split {name}": ", ".join(subjects) for name, subjects in manifest.splits.items()},
        "note": "; ".join(manifest.notes) or None,
    }
    return [f"{label + ':':<13}{value}" for label, value in told.items() if value is not None]
