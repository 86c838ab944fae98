"""A GIF or MP4 of lifted people: 2D input left, 3D pose right, on one clock."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from lifting.prediction_files import Prediction, PredictionFile
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

MOVIE_FPS = 12
MAX_FRAMES = 250


def check_film(path: Path | None) -> None:
    """InputError where a film of this ending cannot be written on this machine."""
    if path is not None and path.suffix != ".gif" and shutil.which("ffmpeg") is None:
        raise InputError(f"{path}: only .gif can be written here (other films need ffmpeg)")


def write_movie(path: Path, made: PredictionFile) -> int:
    """Writes the first 20 seconds at 12 frames a second, up to three people; the number of frames.

    `.gif` needs nothing else; other endings need ffmpeg. InputError where it cannot be written.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.animation import FFMpegWriter, PillowWriter

    check_film(path)
    people = made.people[:3]
    frames = _frames(people, made.fps)
    figure = pyplot.figure(figsize=(3 + 3 * len(people), 3.2), dpi=90)
    writer = (PillowWriter if path.suffix == ".gif" else FFMpegWriter)(fps=MOVIE_FPS)
    try:
        with writer.saving(figure, str(path), dpi=90):
            for frame in frames:
                figure.clear()
                _draw(figure, people, made, int(frame))
                writer.grab_frame()
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        pyplot.close(figure)
    return len(frames)


def _frames(people: tuple[Prediction, ...], fps: float) -> np.ndarray:
    first = min(one.person.start for one in people)
    last = max(one.person.start + len(one.pose) for one in people)
    return np.arange(first, last, max(fps / MOVIE_FPS, 1)).astype(int)[:MAX_FRAMES]


def _draw(figure: object, people: tuple[Prediction, ...], made: PredictionFile, frame: int) -> None:
    from matplotlib.figure import Figure

    from posecap.drawing import draw_pose_2d, draw_pose_3d, frame_pose_3d

    assert isinstance(figure, Figure)  # noqa: S101 - the type is imported only here
    skeleton = load_skeleton("h36m17")
    image = figure.add_subplot(1, 1 + len(people), 1)
    for column, one in enumerate(people, start=2):
        axes = figure.add_subplot(1, 1 + len(people), column, projection="3d")
        axes.set_title(f"person {one.person.id}", fontsize=8)
        row = frame - one.person.start
        if 0 <= row < len(one.pose):
            pose = one.pose[row]
            z_up = np.stack([pose[:, 0], pose[:, 2], -pose[:, 1]], axis=-1)
            draw_pose_2d(image, one.person.pose_2d[row], skeleton)
            draw_pose_3d(axes, z_up, skeleton)
            frame_pose_3d(axes, z_up)
    image.set_xlim(0, made.keypoints.width)
    image.set_ylim(made.keypoints.height, 0)
    image.set_title(f"{made.keypoints.source}, {frame / made.fps:.2f} s", fontsize=8)
