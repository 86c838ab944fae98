"""The command lift, assembled from its commands."""

from __future__ import annotations

from cli.console import make_app
from cli.lift_commands.ablate import ablate
from cli.lift_commands.evaluate import evaluate
from cli.lift_commands.export import export
from cli.lift_commands.import_weights import import_weights
from cli.lift_commands.predict import predict
from cli.lift_commands.recipes import recipes
from cli.lift_commands.train import train

app = make_app(
    "Train 2D-to-3D pose lifters on shards, and measure them.\n\n"
    "Shards come from `posecap generate`. `lift train` makes a run folder, `lift eval` and `lift predict` "
    "need nothing but that folder. Results go to standard output, progress to standard error."
)
app.command()(train)
app.command("eval")(evaluate)
app.command()(predict)
app.command()(ablate)
app.command()(export)
app.command()(recipes)
app.command("import-weights")(import_weights)
