"""`lift ablate`: a grid of variants and several seeds in, a report out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.lift_commands.train import FeaturesOption
from cli.options import JsonOption, split_names


def ablate(
    features: FeaturesOption,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for runs and report.", show_default=False)],
    grid: Annotated[
        str,
        typer.Option(
            help="alignments, divergence, parts, blocks, encoders, supervision, supervision-h36m, or a file."
        ),
    ] = "alignments",
    recipe: Annotated[
        str, typer.Option(help="Recipe that the variants vary; several, separated by commas, one by one.")
    ] = "small",
    seeds: Annotated[int, typer.Option(min=1, help="Paired seeds: 0, 1, ...")] = 3,
    variants: Annotated[str | None, typer.Option(help="Only these, separated by commas.")] = None,
    keypoints: Annotated[str | None, typer.Option(help="2D source, if the shards hold several.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="Any recipe field, for all.")
    ] = None,
    split: Annotated[str, typer.Option(help="Split that is measured.")] = "test",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    json: JsonOption = False,
) -> None:
    """Train every variant of a grid with every seed and compare them.

    **In**: shards, a grid and a recipe. **Out**: a folder with one run a variant and seed, report.md and
    report.json (means, spread, paired differences with 95% intervals, by region and axis) and a bar chart;
    the report on standard output. Finished runs are kept: the same command goes on where it was stopped.

    Example: `lift ablate --features shards/ --grid alignments --recipe small --out runs/alignments`

    Backbones and alignments crossed: `--recipe mixste,d3dp,dstformer --variants none,fc,tf,cm`
    """
    from lifting.ablation import AblationConfig
    from lifting.ablation import ablate as run_grid

    config = AblationConfig(
        features=features,
        out=out,
        grid=grid,
        recipes=split_names(recipe),
        overrides=tuple(setting or ()),
        seeds=seeds,
        keypoints=keypoints,
        variants=split_names(variants),
        split=split,
        device=device,
    )
    run_grid(config, note=note)
    report = out / ("report.json" if json else "report.md")
    typer.echo(report.read_text(encoding="utf-8"), nl=False)
