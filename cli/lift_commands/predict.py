"""`lift predict`: a run folder and 2D keypoints in, 3D poses out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.console import note
from cli.lift_commands.evaluate import RunArgument


def predict(
    run: RunArgument,
    keypoints: Annotated[
        Path,
        typer.Option(
            metavar="FILE.npz",
            help="keypoints (T,J,2) pixels, or (T,J,3) with confidence.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="File to write.", show_default=False)],
    width: Annotated[
        int | None, typer.Option(min=1, help="Image width in pixels, if not in the file.")
    ] = None,
    height: Annotated[
        int | None, typer.Option(min=1, help="Image height in pixels, if not in the file.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.1, help="Frames a second (default: in the file, or 50).")
    ] = None,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Mean with the mirrored input.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
) -> None:
    """Lift new 2D keypoints with a trained run.

    In: RUN, and an .npz with `keypoints`, optionally `confidence`, `width`, `height` and `fps`; joints in
    the order of the run's skeleton. Out: Parquet, one row a frame: frame, pose_3d (metres, camera frame,
    relative to the root: x right, y down, z away from the camera).
    """
    from lifting.prediction import PredictionConfig, predict_file

    config = PredictionConfig(run, keypoints, out, width, height, fps, flip, device)
    frames = predict_file(config)
    note(f"{out}: {frames} frames")
