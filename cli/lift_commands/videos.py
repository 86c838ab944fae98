"""Options of `lift train` for videos of which only 2D keypoints and written captions are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import parse_size
from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.data.videos import Videos

VideosOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--videos",
        metavar="FILE",
        help="2D keypoints of a video without 3D, as `lift predict` reads them (may be given repeatedly); "
        "--captions tells what is seen in it.",
    ),
]
VideoSizeOption = Annotated[
    str | None,
    typer.Option(metavar="WxH", help="Image size of all --videos; else what each file tells."),
]
VideoFpsOption = Annotated[
    float | None, typer.Option(min=0.1, help="Frames a second of all --videos; without it what each tells.")
]
VideoLayoutOption = Annotated[
    str | None, typer.Option(help="Order of the points of --videos: coco17, halpe26, body25, ...")
]
VideoUpOption = Annotated[
    str | None,
    typer.Option(
        metavar="X,Y,Z",
        help="Up in the camera's axes (x right, y down, z away) for --videos; without it only those of their "
        "statements count that do not need it (angles, distances).",
    ),
]
DetectorOption = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Weights (.onnx), where --videos are .mp4.")
]


def videos_of(
    paths: list[Path] | None,
    size: str | None,
    fps: float | None,
    layout: str | None,
    up: str | None,
    detector: Path | None,
) -> Videos | None:
    """What --videos name, None for nothing; InputError for bad files, BadParameter for stray options."""
    told = {
        "video-size": size,
        "video-fps": fps,
        "video-layout": layout,
        "video-up": up,
        "detector": detector,
    }
    if not paths:
        stray = [name for name, value in told.items() if value is not None]
        if stray:
            raise typer.BadParameter(f"--{stray[0]} goes with --videos")
        return None
    from lifting.data.videos import read_videos

    return read_videos(
        paths,
        size=parse_size("--video-size", size),
        fps=fps,
        layout=layout,
        weights=detector,
        up=None if up is None else _direction(up),
    )


def _direction(text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--video-up {text}: expected three numbers, such as 0,-1,0") from error
    return x, y, z
