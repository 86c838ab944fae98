"""`make demo`: the main job end to end on the demo motion, by the commands a user would type."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import time
from pathlib import Path

import typer

from cli.console import mistakes_in_one_line, note
from cli.tables import print_rows

METHODS = (("none", "mean pose", "mean pose"), ("none", "linear", "linear"))
RUNS = {"none": ("lifter", "demo"), "cm": ("lifter + text", "demo-cm")}
KEYPOINTS = "sim"


def main() -> None:
    """Generate, inspect, train twice, evaluate twice; print one table and draw one picture."""
    parser = argparse.ArgumentParser(prog="python -m cli.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder to fill (default: demo)")
    out = parser.parse_args().out
    try:
        with mistakes_in_one_line():
            run(out)
    except typer.Exit as end:
        sys.exit(end.exit_code)


def run(out: Path) -> None:
    """The whole demo into the folder `out`; what an earlier demo left there is replaced."""
    start = time.monotonic()
    shards = out / "shards"
    _forget(shards, *(out / name for name in RUNS))
    _posecap(
        "generate",
        "--dataset",
        "demo",
        "--keypoints",
        f"gt,{KEYPOINTS}",
        "--style",
        "natural",
        "--out",
        str(shards),
    )
    for action in ("waving", "kneeling"):
        _posecap("inspect", str(shards), "--subject", "D5", "--action", action, "--limit", "2")
    for name, (_, recipe) in RUNS.items():
        folder = str(out / name)
        _lift(
            "train", "--features", str(shards), "--keypoints", KEYPOINTS, "--recipe", recipe, "--out", folder
        )
        _lift("eval", folder)
    picture = _draw(out, shards)
    _print_table(out)
    note(f"shards: {shards}   runs: {', '.join(str(out / name) for name in RUNS)}   picture: {picture}")
    note(f"{time.monotonic() - start:.0f} seconds")


def _forget(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _posecap(*arguments: str) -> None:
    from cli.posecap import app

    _command("posecap", app, arguments)


def _lift(*arguments: str) -> None:
    from cli.lift import app

    _command("lift", app, arguments)


def _command(name: str, app: typer.Typer, arguments: tuple[str, ...]) -> None:
    note(f"$ {shlex.join([name, *arguments])}")
    code = app(arguments, prog_name=name, standalone_mode=False)
    if code:
        raise typer.Exit(code)


def _print_table(out: Path) -> None:
    """Mean pose, linear, lifter, lifter + text: errors on the two held-out bodies, in millimetres."""
    from lifting.evaluation import load_results

    results = {name: load_results(out / name / "results" / f"test-{KEYPOINTS}") for name in RUNS}
    rows = [(label, results[name], method) for name, label, method in METHODS]
    rows += [(label, results[name], "lifter") for name, (label, _) in RUNS.items()]
    print()
    print_rows(
        [
            {
                "method": label,
                "MPJPE mm": round(found.value(method, "MPJPE"), 1),
                "P-MPJPE mm": round(found.value(method, "P-MPJPE"), 1),
            }
            for label, found, method in rows
        ],
        title="Demo motion, subjects D5 and D6, simulated detections, mean over actions",
    )


def _draw(out: Path, shards: Path) -> Path:
    from cli.demo_picture import draw

    return draw(out / "cm", shards, out / "demo.png")


if __name__ == "__main__":
    main()
