"""`lift eval`: a run folder in, tables and a figure out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.options import JsonOption, QuietOption
from cli.progress import progress

RunArgument = Annotated[
    Path, typer.Argument(metavar="RUN", help="Run folder made by `lift train`.", show_default=False)
]
FORMATS = ("table", "csv", "json", "markdown")


def evaluate(
    run: RunArgument,
    features: Annotated[
        Path | None, typer.Option(metavar="SHARDS", help="Other shards than those it was trained on.")
    ] = None,
    keypoints: Annotated[str | None, typer.Option(help="Another 2D source than in training.")] = None,
    split: Annotated[str, typer.Option(help="Split of the shards.")] = "test",
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Mean with the mirrored input.")
    ] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="Overlap clips and average their frames.")] = None,
    hypotheses: Annotated[int | None, typer.Option(min=1, help="Diffusion: poses drawn for a clip.")] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Diffusion: sampling steps.")] = None,
    protocol: Annotated[
        str,
        typer.Option(help="every-frame, or as a public test script cuts clips: d3dp, mixste, motionbert."),
    ] = "every-frame",
    baselines: Annotated[bool, typer.Option(help="Also measure the mean pose and a linear map.")] = True,
    figure: Annotated[bool, typer.Option(help="Draw the worst, the median and the best frame.")] = True,
    output: Annotated[str, typer.Option("--format", help="table, csv, json or markdown.")] = "table",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Measure a run: MPJPE and P-MPJPE in mm, by action and in the mean.

    **In**: a run folder (it knows its shards). **Out**: the table on standard output; and in RUN/results
    the same with every other metric as JSON, CSV and Markdown, the exact protocol, and a figure. Every
    frame of the split counts once unless another protocol is named. With several hypotheses the row
    `lifter` is their mean; rows that the ground truth helped say so in their name and in the column
    `truth used`.

    Example: `lift eval runs/x --split test`
    """
    from lifting.evaluation.evaluate import EvaluationConfig
    from lifting.evaluation.evaluate import evaluate as measure

    output = "json" if json else output
    if output not in FORMATS:
        raise typer.BadParameter(f"--format {output}: expected one of {', '.join(FORMATS)}")
    config = EvaluationConfig(
        run=run,
        features=features,
        keypoints=keypoints,
        split=split,
        flip=flip,
        stride=stride,
        hypotheses=hypotheses,
        steps=steps,
        protocol=protocol,
        baselines=baselines,
        figure=figure,
        device=device,
    )
    with progress(not quiet) as shown:
        results = measure(config, shown)
    if baselines and len({row.method.split()[0] for row in results.rows}) == 1:
        note("no baselines: the subjects that the run was trained on are not in these shards")
    if output == "table":
        from cli.tables import Format, print_rows

        if results.stopped is not None:
            typer.echo(f"Not a whole training: {results.stopped}.\n")
        print_rows(results.by_action(), Format.table)
        print()
        print_rows(results.by_method(), Format.table)
    else:
        typer.echo(results.format(output), nl=False)  # type: ignore[arg-type]
    note(f"results and figure: {config.run}/results")
