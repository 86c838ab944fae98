"""The command posecap, assembled from its commands."""

from __future__ import annotations

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
from cli.console import CONVENTIONS, add_version, make_app

app = make_app(
    "3D human motion in; posecodes, captions and text features out, as Parquet shards.\n\n" + CONVENTIONS
)
add_version(app)
for command in (generate, embed, mine, caption, inspect, query, stats, report, validate, export):
    app.command()(command)
app.add_typer(datasets, name="datasets")
