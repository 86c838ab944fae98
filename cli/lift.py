"""The command lift, assembled from its commands."""

from __future__ import annotations

from cli.console import CONVENTIONS, add_version, make_app
from cli.lift_commands.ablate import ablate
from cli.lift_commands.evaluate import evaluate
from cli.lift_commands.export import export
from cli.lift_commands.import_weights import import_weights
from cli.lift_commands.predict import predict
from cli.lift_commands.recipes import recipes
from cli.lift_commands.train import train

app = make_app(
    "Train 2D-to-3D pose lifters on shards, and measure them.\n\n"
    "Shards come from `posecap generate`. `lift train` makes a run folder, which `lift eval`, `lift predict` "
    f"and `lift export` take. {CONVENTIONS}"
)
add_version(app)
app.command()(train)
app.command("eval")(evaluate)
app.command()(predict)
app.command()(ablate)
app.command()(export)
app.command()(recipes)
app.command("import-weights")(import_weights)
