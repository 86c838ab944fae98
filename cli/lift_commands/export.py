"""`lift export`: a run folder in, an ONNX file out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.lift_commands.evaluate import RunArgument
from cli.options import JsonOption


def export(
    run: RunArgument,
    onnx: Annotated[Path, typer.Option(metavar="FILE.onnx", help="File to write.", show_default=False)],
    json: JsonOption = False,
) -> None:
    """Write a run's lifter as one ONNX file, checked against PyTorch.

    **In**: a run folder. **Out**: an ONNX file, from `pose_2d` (batch, frames, joints, x y and perhaps
    confidence), normalised by the image width, to `pose_3d` (batch, frames, joints, x y z); any number of
    clips, each as long as the run's. Of diffusion it is the denoiser step, which also takes
    `noisy_pose_3d` and `t` (batch). Axes, units, joints, normalisation and recipe stand in the file's
    metadata. The largest difference from PyTorch on random clips is printed; above 1e-4 nothing is
    written. Needs the extra `posecap[export]`.

    Example: `lift export runs/x --onnx x.onnx`
    """
    from lifting.export import TOLERANCE, export_run

    made = export_run(run, onnx)
    if json:
        from dataclasses import asdict
        from json import dumps

        typer.echo(dumps(asdict(made) | {"path": str(made.path), "tolerance": TOLERANCE}))
    else:
        typer.echo(f"largest difference from PyTorch: {made.largest_difference:.1e} (limit {TOLERANCE:g})")
    takes, gives = ", ".join(made.inputs), ", ".join(made.outputs)
    note(f"{made.path}: {made.backbone}, {takes} -> {gives}, {made.num_bytes / 1e6:.1f} MB")
