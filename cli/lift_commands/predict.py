"""`lift predict`: a run folder and 2D keypoints in, 3D poses out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import note
from cli.lift_commands.evaluate import RunArgument
from cli.options import JsonOption, parse_size
from cli.tables import print_json

if TYPE_CHECKING:
    from lifting.prediction import PredictionFile


def predict(
    run: RunArgument,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.parquet", help="Table of poses to write.", show_default=False)
    ] = None,
    keypoints: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="2D keypoints: a file or a folder; with --features a 2D source."),
    ] = None,
    video: Annotated[
        Path | None, typer.Option(metavar="FILE.mp4", help="Instead: a video, in which people are found.")
    ] = None,
    detector: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Weights that find people in the video (.onnx).")
    ] = None,
    features: Annotated[
        Path | None, typer.Option(metavar="SHARDS", help="Instead: shards, whose 3D is the truth.")
    ] = None,
    sequence: Annotated[
        str | None, typer.Option(help='Which of the shards (or of the truth\'s archive): "S9/Walking 1".')
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Which view of the sequence: a camera's name or number.")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="True 3D poses of the person seen longest (.npy, .bvh, ...)."),
    ] = None,
    truth_frame: Annotated[
        str | None,
        typer.Option(
            help="Axes of the truth: camera, or world (a rotation is fitted). [default: the file's]"
        ),
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
        float | None,
        typer.Option(min=0.1, help="Frames a second to lift at; others are resampled. [default: the run's]"),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="Order of the points: coco17, halpe26, body25, openpose18, h36m17.")
    ] = None,
    focal: Annotated[
        float | None, typer.Option(min=1, help="Focal length in pixels, for the root's place.")
    ] = None,
    height: Annotated[
        float | None, typer.Option(min=0.3, max=3, help="Stature in metres that bodies are scaled to.")
    ] = None,
    bvh: Annotated[Path | None, typer.Option(metavar="FILE.bvh", help="Write BVH motion.")] = None,
    gif: Annotated[
        Path | None, typer.Option("--gif", "--film", metavar="FILE.gif", help="Draw a film (.gif or .mp4).")
    ] = None,
    rrd: Annotated[
        Path | None, typer.Option(metavar="FILE.rrd", help="Record for Rerun, with captions.")
    ] = None,
    flip: Annotated[
        bool | None, typer.Option("--flip/--no-flip", help="Mean with the mirrored input.")
    ] = None,
    hypotheses: Annotated[
        int | None, typer.Option(min=1, help="Diffusion: poses drawn for a clip, of which the mean counts.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Diffusion: sampling steps.")] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, ...")] = "auto",
    json: JsonOption = False,
) -> None:
    """Lift new 2D keypoints, or a view of shards, with a trained run.

    **In**: RUN, and the keypoints of any number of people in a detector's format, or a view of shards.
    **Out**: Parquet, one row a person and frame: person, frame, time, pose_3d (metres, camera frame,
    relative to the root: x right, y down, z away from the camera), root (estimated), confidence, filled;
    truth_3d and error_mm where the truth is known, which a film then shows behind the prediction. What was
    filled in or assumed is told on standard error and in the file's metadata.

    Example: `lift predict runs/x --features shards/ --sequence "S9/Walking 1" --camera 0 --gif walk.gif`
    """
    from lifting.prediction import PredictionConfig, predict_file
    from posecap.keypoints.video import SUFFIXES

    _check_sources(keypoints, video, features)
    if features:
        told = {"--detector": detector, "--size": size, "--fps": fps, "--layout": layout, "--truth": truth}
        told["--format"] = None if format == "auto" else format
        _refuse(told, "--keypoints or --video: shards tell it themselves")
    else:
        told = {"--camera": camera, "--sequence": None if truth else sequence}
        _refuse(told, "--features SHARDS")
    if truth is None:
        _refuse({"--truth-frame": truth_frame}, "--truth FILE")
    if video is None and Path(keypoints or "").suffix.lower() not in SUFFIXES:
        _refuse({"--detector": detector}, "--video")
    if not any((out, bvh, gif, rrd)):
        raise typer.BadParameter("give at least one file to write: --out, --bvh, --gif or --rrd")
    source = None if features else keypoints or video
    config = PredictionConfig(
        run,
        Path(source) if source else None,
        out,
        format=format,
        size=parse_size("--size", size),
        fps=fps,
        rate=rate,
        focal=focal,
        height=height,
        layout=layout,
        features=features,
        sequence=sequence,
        camera=camera,
        source=keypoints if features else None,
        truth=truth,
        truth_frame=truth_frame,
        bvh=bvh,
        movie=gif,
        weights=detector,
        flip=flip,
        hypotheses=hypotheses,
        steps=steps,
        device=device,
    )
    if rrd is not None:
        from lifting.prediction.recording import check_recording

        check_recording(rrd)
    made = predict_file(config)
    if rrd is not None:
        _record(rrd, made)
    for line in made.report:
        note(line)
    files = [str(path) for path in (out, *made.bvhs, gif, rrd) if path is not None]
    if json:
        counts = {"people": len(made.people), "frames": made.num_frames, "fps": made.fps}
        print_json({"files": files, **counts, "report": made.report})
        return
    people = f"{len(made.people)} {'person' if len(made.people) == 1 else 'people'}"
    note(f"{', '.join(files)}: {people}, {made.num_frames} frames at {made.fps:g} a second")


def _check_sources(keypoints: str | None, video: Path | None, features: Path | None) -> None:
    """The command line is bad where it names no source of 2D, or two."""
    if features is None and (keypoints is None) == (video is None):
        raise typer.BadParameter("give either --keypoints, --video or --features")
    if features is not None and video is not None:
        raise typer.BadParameter("give either --video or --features")


def _refuse(options: Mapping[str, object], needed: str) -> None:
    """The command line is bad where an option is given without what it belongs to."""
    stray = [name for name, value in options.items() if value is not None]
    if stray:
        raise typer.BadParameter(f"{stray[0]} goes with {needed}")


def _record(path: Path, made: PredictionFile) -> None:
    from lifting.prediction.recording import write_recording
    from posecap import caption

    write_recording(path, made, [caption(one.pose, up="-y") for one in made.people])
