"""Options of `lift train` for videos of which only 2D keypoints and written captions are known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import parse_size
from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.data.videos import Videos

UNKNOWN = "unknown"

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
        help="Up in the camera's axes (x right, y down, z away) for --videos: 0,-1,0 of a camera held level, "
        "0,-0.978,-0.208 of one that looks down by 12 degrees; or unknown, which is worse than a guess.",
    ),
]
VideoFocalOption = Annotated[
    float | None,
    typer.Option(
        min=1, help="Focal length of --videos in pixels; without it poses are scaled onto their 2D."
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
    focal: float | None,
    detector: Path | None,
) -> Videos | None:
    """What --videos name, None for nothing; InputError for bad files, BadParameter for stray options."""
    told = {
        "video-size": size,
        "video-fps": fps,
        "video-layout": layout,
        "video-up": up,
        "video-focal": focal,
        "detector": detector,
    }
    if not paths:
        stray = [name for name, value in told.items() if value is not None]
        if stray:
            raise typer.BadParameter(f"--{stray[0]} goes with --videos")
        return None
    if up is None:
        raise InputError(
            "--videos needs --video-up: 0,-1,0 of a camera held level, 0,-0.978,-0.208 of one looking down "
            "by 12 degrees; a dozen degrees wrong cost all that videos give (docs/training.md)"
        )
    from lifting.data.videos import read_videos

    return read_videos(
        paths,
        size=parse_size("--video-size", size),
        fps=fps,
        layout=layout,
        weights=detector,
        up=None if up == UNKNOWN else _direction(up),
        focal=focal,
    )


def _direction(text: str) -> tuple[float, float, float]:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"--video-up {text}: expected three numbers, such as 0,-1,0") from error
    return x, y, z
