"""posecap datasets: what can be read, from which files, and where people get them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.console import make_app
from cli.options import FormatOption, JsonOption, chosen_format
from cli.tables import Format, print_json, print_rows

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
    name: Annotated[str, typer.Argument(help="A name of `posecap datasets list`.", show_default=False)],
    root: Annotated[Path | None, typer.Option(help="Folder to look for the files in.")] = None,
    json: JsonOption = False,
) -> None:
    """Tell what a data set is, which files it wants, who gives them, and what lies under a folder.

    **In**: a name, and a folder to look in. **Out**: a description; with `--root`, what is found and missing.

    Example: `posecap datasets show h36m --root data/`
    """
    from posecap.datasets import find_files, load_dataset_manifest

    manifest = load_dataset_manifest(name)
    files: list[dict[str, Any]] = [
        {"file": wanted.pattern, "holds": wanted.holds, "needed": "yes" if wanted.required else "no"}
        for wanted in manifest.files
    ]
    if root is not None:
        for row, found in zip(files, find_files(manifest, root), strict=True):
            row |= {"status": found.status, "found": list(found.found)}
    if json:
        print_json({**manifest.model_dump(mode="json", exclude={"cameras", "extrinsics"}), "files": files})
        return
    for line in _describe(manifest):
        print(line)
    if files:
        print()
        print_rows(files)


def _describe(manifest: Any) -> list[str]:
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
