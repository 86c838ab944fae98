"""A picture of the worst, the median and the best frame: 2D input, prediction over truth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lifting.data import ClipSource
from lifting.evaluation.scores import target_of
from lifting.evaluation.views import ViewResult
from posecap.errors import InputError
from posecap.skeletons import Skeleton, load_skeleton

View = tuple[str, str]
NAMES = ("worst", "median", "best")


def pick_frames(errors: Mapping[View, np.ndarray]) -> list[tuple[str, View, int, float]]:
    """(name, view, frame, error) of the worst, median and best frame over all views; NaN does not count."""
    views = list(errors)
    lengths = np.array([len(errors[view]) for view in views])
    everything = np.concatenate([errors[view] for view in views])
    order = np.argsort(everything, kind="stable")[: np.isfinite(everything).sum()]
    first = np.concatenate([[0], np.cumsum(lengths)])
    picked = []
    for name, place in zip(NAMES, (order[-1], order[len(order) // 2], order[0]), strict=True):
        view = int(np.searchsorted(first, place, side="right")) - 1
        picked.append((name, views[view], int(place - first[view]), float(everything[place])))
    return picked


def draw_frames(
    source: ClipSource, views: Mapping[View, ViewResult], errors: Mapping[View, np.ndarray], path: Path
) -> None:
    """Writes a PNG of three frames of what was measured; `errors` (T,) by view in millimetres."""
    import matplotlib as mpl

    mpl.use("Agg", force=False)
    from matplotlib import pyplot as plt

    skeleton = _skeleton(source)
    figure = plt.figure(figsize=(7.5, 10))
    for row, (name, view, frame, error) in enumerate(pick_frames(errors)):
        pose_2d, prediction, target = _poses(source, views[view], frame)
        flat = figure.add_subplot(len(NAMES), 2, 2 * row + 1)
        _draw_2d(flat, pose_2d, skeleton)
        flat.set_title(f"{name}: {view[0]}, camera {view[1]}, frame {frame}", fontsize=8)
        solid = figure.add_subplot(len(NAMES), 2, 2 * row + 2, projection="3d")
        _draw_3d(solid, prediction, target, skeleton)
        solid.set_title(f"predicted (colour) over true (grey), {error:.0f} mm", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _skeleton(source: ClipSource) -> Skeleton:
    try:
        return load_skeleton(getattr(source, "skeleton", "h36m17"))
    except InputError:
        return load_skeleton("h36m17")


def _poses(source: ClipSource, view: ViewResult, frame: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """2D (J, 2), predicted and true 3D (J, 3) of one frame."""
    index = next(index for index, info in enumerate(source.infos) if info.key == view.sequence)
    camera = source.infos[index].cameras.index(view.camera)
    pose_2d = source.load(index).views[camera].pose_2d[frame, :, :2]
    return pose_2d, view.prediction[frame], target_of(view)[frame]


def _draw_2d(axes: Any, pose_2d: np.ndarray, skeleton: Skeleton) -> None:
    from posecap.drawing import draw_pose_2d

    draw_pose_2d(axes, pose_2d, skeleton)


def _draw_3d(axes: Any, prediction: np.ndarray, target: np.ndarray, skeleton: Skeleton) -> None:
    from posecap.drawing import TRUTH, draw_pose_3d, frame_pose_3d

    upright = [np.stack([pose[:, 0], pose[:, 2], -pose[:, 1]], axis=1) for pose in (target, prediction)]
    draw_pose_3d(axes, upright[0], skeleton, color=TRUTH, width=4)
    draw_pose_3d(axes, upright[1], skeleton)
    frame_pose_3d(axes, *upright)
