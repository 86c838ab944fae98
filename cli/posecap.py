"""The command posecap, assembled from its commands."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.commands.caption import caption
from cli.commands.datasets import datasets
from cli.commands.embed import embed
from cli.commands.export import export
from cli.commands.generate import generate
from cli.commands.inspect import inspect
from cli.commands.mine import mine
from cli.commands.query import query
from cli.commands.report import report
from cli.commands.stats import stats
from cli.commands.validate import validate
from cli.console import make_app
from posecap import __version__

app = make_app(
    "3D human motion in; posecodes, captions and text features out, as Parquet shards.\n\n"
    "Results go to standard output, progress to standard error. Exit code 1: the input is bad; "
    "2: the command line is."
)
for command in (generate, embed, mine, caption, inspect, query, stats, report, validate, export):
    app.command()(command)
app.add_typer(datasets, name="datasets")


def _print_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
