"""A GIF or MP4 of lifted people: 2D input left, 3D pose right, over the true one where it is known."""

from __future__ import annotations

import shutil
from pathlib import Path
from subprocess import CalledProcessError
from typing import TYPE_CHECKING

import numpy as np

from lifting.prediction.files import Prediction, PredictionFile
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ENDINGS = (".gif", ".mp4")
MOVIE_FPS = 12
MAX_FRAMES = 250
MAX_PEOPLE = 3


def check_film(path: Path | None) -> None:
    """InputError where a film of this ending cannot be written on this machine."""
    if path is None:
        return
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path}: expected a file name that ends in {' or '.join(ENDINGS)}")
    if path.suffix.lower() != ".gif" and shutil.which("ffmpeg") is None:
        raise InputError(
            f"{path}: {path.suffix} films need the program ffmpeg, which is not there; take .gif"
        )


def write_movie(path: Path, made: PredictionFile) -> list[str]:
    """Writes the first 20 seconds at 12 frames a second, up to three people; lines on what it leaves out.

    `.gif` needs nothing else, `.mp4` needs ffmpeg. InputError where it cannot be written.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.animation import FFMpegWriter, PillowWriter

    check_film(path)
    people = made.people[:MAX_PEOPLE]
    frames = _frames(people, made.fps)
    figure = pyplot.figure(figsize=(3 + 3 * len(people), 3.2), dpi=90)
    writer = (PillowWriter if path.suffix.lower() == ".gif" else FFMpegWriter)(fps=MOVIE_FPS)
    try:
        with writer.saving(figure, str(path), dpi=90):
            for frame in frames:
                figure.clear()
                _draw(figure, people, made, int(frame))
                writer.grab_frame()
    except (OSError, CalledProcessError) as error:
        reason = getattr(error, "strerror", None) or "ffmpeg failed"
        raise InputError(f"{path}: cannot be written ({reason})") from error
    finally:
        pyplot.close(figure)
    return _left_out(path, made, frames)


def _left_out(path: Path, made: PredictionFile, frames: np.ndarray) -> list[str]:
    shown, lines = made.people[:MAX_PEOPLE], []
    if frames[-1] + max(made.fps / MOVIE_FPS, 1) < max(one.person.start + len(one.pose) for one in shown):
        lines.append(f"{path}: shows the first {frames[-1] / made.fps:.0f} seconds")
    if len(made.people) > len(shown):
        lines.append(f"{path}: shows {len(shown)} of {len(made.people)} people")
    return lines


def _frames(people: tuple[Prediction, ...], fps: float) -> np.ndarray:
    first = min(one.person.start for one in people)
    last = max(one.person.start + len(one.pose) for one in people)
    return np.arange(first, last, max(fps / MOVIE_FPS, 1)).astype(int)[:MAX_FRAMES]


def _draw(figure: Figure, people: tuple[Prediction, ...], made: PredictionFile, frame: int) -> None:
    from posecap.drawing import draw_pose_2d

    image = figure.add_subplot(1, 1 + len(people), 1)
    for column, one in enumerate(people, start=2):
        row = frame - one.person.start
        there = 0 <= row < len(one.pose)
        if there:
            draw_pose_2d(image, one.person.pose_2d[row], load_skeleton("h36m17"))
        _draw_person(figure, (1, 1 + len(people), column), one, row if there else None)
    left, top, size = _box(people)
    image.set_xlim(left, left + size)
    image.set_ylim(top + size, top)
    image.set_title(f"{made.keypoints.source}, {frame / made.fps:.2f} s", fontsize=8)
    if made.has_truth:
        _add_legend(figure)


def _box(people: tuple[Prediction, ...]) -> tuple[float, float, float]:
    """Left, top and side in pixels of the square in which everybody is at all times."""
    points = np.concatenate([one.person.pose_2d.reshape(-1, 2) for one in people])
    low, high = points.min(axis=0), points.max(axis=0)
    size = 1.1 * max(float((high - low).max()), 1.0)
    left, top = (low + high - size) / 2
    return float(left), float(top), size


def _draw_person(figure: Figure, place: tuple[int, int, int], one: Prediction, row: int | None) -> None:
    """The pose of one frame, and the true one behind it."""
    from posecap.drawing import TRUTH, draw_pose_3d, frame_pose_3d

    axes = figure.add_subplot(*place, projection="3d")
    axes.set_title(_title(one, row), fontsize=8)
    if row is None:
        axes.set_axis_off()
        return
    skeleton, poses = load_skeleton("h36m17"), [_z_up(one.pose[row])]
    if one.truth is not None and np.isfinite(one.truth[row]).all():
        poses.append(_z_up(one.truth[row]))
        draw_pose_3d(axes, poses[1], skeleton, color=TRUTH, width=3.5)
    draw_pose_3d(axes, poses[0], skeleton)
    frame_pose_3d(axes, *poses)


def _title(one: Prediction, row: int | None) -> str:
    name, errors = f"person {one.person.id}", one.errors
    if not np.isfinite(errors).any():
        return name
    here = f", here {errors[row]:.0f} mm" if row is not None and np.isfinite(errors[row]) else ""
    return f"{name}: MPJPE {np.nanmean(errors):.1f} mm{here}"


def _add_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    from posecap.drawing import LEFT, RIGHT, TRUTH

    told = {"lifted, left": (LEFT, 2.0), "lifted, right": (RIGHT, 2.0), "truth": (TRUTH, 3.5)}
    lines = [Line2D([], [], color=color, linewidth=width) for color, width in told.values()]
    figure.legend(lines, list(told), loc="lower right", ncols=3, fontsize=7, frameon=False)


def _z_up(pose: np.ndarray) -> np.ndarray:
    """(J, 3) of the camera's frame with z up, y away from the camera."""
    return np.stack([pose[:, 0], pose[:, 2], -pose[:, 1]], axis=-1)
