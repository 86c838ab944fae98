"""`lift predict`: a run folder and 2D keypoints in, 3D poses out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import note
from cli.lift_commands.evaluate import RunArgument
from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.prediction_files import PredictionFile


def predict(
    run: RunArgument,
    out: Annotated[Path, typer.Option(metavar="FILE.parquet", help="File to write.", show_default=False)],
    keypoints: Annotated[
        Path | None, typer.Option(metavar="FILE", help="2D keypoints: a file or a folder.")
    ] = None,
    video: Annotated[
        Path | None, typer.Option(metavar="FILE.mp4", help="Instead: a video, in which people are found.")
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Weights that find people in the video (.onnx).")
    ] = None,
    format: Annotated[
        str,
        typer.Option(help="auto, coco, alphapose, openpose, mmpose, videopose3d or arrays (.npy, .npz)."),
    ] = "auto",
    size: Annotated[
        str | None, typer.Option(metavar="WxH", help="Image size in pixels, if the file does not tell.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.1, help="Frames a second of the file, if it does not tell.")
    ] = None,
    rate: Annotated[
        float, typer.Option(min=0.1, help="Frames a second the run was trained at; others are resampled.")
    ] = 50.0,
    layout: Annotated[
        str | None, typer.Option(help="Order of the points: coco17, halpe26, body25, openpose18, h36m17.")
    ] = None,
    focal: Annotated[
        float | None, typer.Option(min=1, help="Focal length in pixels, for the root's place.")
    ] = None,
    height: Annotated[
        float | None, typer.Option(min=0.3, max=3, help="Stature in metres that bodies are scaled to.")
    ] = None,
    bvh: Annotated[Path | None, typer.Option(metavar="FILE.bvh", help="Also write BVH motion.")] = None,
    gif: Annotated[Path | None, typer.Option(metavar="FILE.gif", help="Also draw a film.")] = None,
    rrd: Annotated[
        Path | None, typer.Option(metavar="FILE.rrd", help="Also record for Rerun, with captions.")
    ] = None,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Mean with the mirrored input.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
) -> None:
    """Lift new 2D keypoints with a trained run.

    In: RUN, and the keypoints of any number of people in a detector's format. Out: Parquet, one row a
    person and frame: person, frame, time, pose_3d (metres, camera frame, relative to the root: x right,
    y down, z away from the camera), root (estimated), confidence, filled. What was filled in or assumed
    is told on standard error and in the file's metadata.
    """
    from lifting.prediction import PredictionConfig, predict_file

    source = keypoints or video
    if source is None or (keypoints and video):
        raise typer.BadParameter("give either --keypoints or --video")
    config = PredictionConfig(
        run,
        source,
        out,
        format=format,
        size=_size(size),
        fps=fps,
        rate=rate,
        focal=focal,
        height=height,
        layout=layout,
        bvh=bvh,
        movie=gif,
        weights=detector,
        flip=flip,
        device=device,
    )
    if rrd is not None:
        from lifting.prediction_recording import check_recording

        check_recording(rrd)
    made = predict_file(config)
    if rrd is not None:
        _record(rrd, made)
    for line in made.report:
        note(line)
    people = f"{len(made.people)} {'person' if len(made.people) == 1 else 'people'}"
    note(f"{out}: {people}, {made.num_frames} frames at {made.fps:g} a second")


def _record(path: Path, made: PredictionFile) -> None:
    from lifting.prediction_recording import write_recording
    from posecap import caption

    write_recording(path, made, [caption(one.pose, up="-y") for one in made.people])


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)\s*[xX*]\s*(\d+)", text)
    if not match or not int(match[1]) or not int(match[2]):
        raise InputError(f"--size {text}: expected width x height in pixels, such as 1920x1080")
    return int(match[1]), int(match[2])
