"""The demo's picture: 2D input, predicted over true 3D, and the caption of a few frames."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from lifting.data import ShardSource
    from posecap.shards import Shards

SUBJECT = "D5"
MOMENTS = (("waving", 0, 0.35), ("kneeling", 1, 0.55), ("sitting_down", 2, 0.5), ("kicking", 3, 0.4))
"""(action, camera number, share of the sequence's length) of each row."""


@dataclass(frozen=True)
class Moment:
    """pose_2d (J, 2) normalised; prediction and truth (J, 3) metres, camera frame, root at 0."""

    title: str
    caption: str
    pose_2d: np.ndarray
    prediction: np.ndarray
    truth: np.ndarray

    @property
    def error(self) -> float:
        """MPJPE of this frame, millimetres."""
        return float(np.linalg.norm(self.prediction - self.truth, axis=-1).mean() * 1000)


def draw(run: Path, shards: Path, out: Path) -> Path:
    """Writes the PNG `out` for the run folder `run` and returns its path."""
    import matplotlib as mpl

    mpl.use("Agg", force=False)
    from matplotlib import pyplot as plt

    from posecap.skeletons import load_skeleton

    skeleton = load_skeleton("h36m17")
    moments = _moments(run, shards)
    figure = plt.figure(figsize=(12, 3.1 * len(moments)))
    grid = figure.add_gridspec(len(moments), 3, width_ratios=(1, 1.25, 1.6), wspace=0.05, hspace=0.12)
    for row, moment in enumerate(moments):
        _draw_row([grid[row, column] for column in range(3)], figure, moment, skeleton)
    figure.savefig(out, dpi=100, bbox_inches="tight")
    plt.close(figure)
    return out


def _draw_row(cells: list[Any], figure: Any, moment: Moment, skeleton: Any) -> None:
    from posecap.drawing import TRUTH, draw_pose_2d, draw_pose_3d, frame_pose_3d

    flat = figure.add_subplot(cells[0])
    draw_pose_2d(flat, moment.pose_2d, skeleton)
    flat.set_title(f"2D input: {moment.title}", fontsize=9)
    flat.margins(0.25)
    solid = figure.add_subplot(cells[1], projection="3d")
    truth, prediction = (_upright(pose) for pose in (moment.truth, moment.prediction))
    draw_pose_3d(solid, truth, skeleton, color=TRUTH, width=4)
    draw_pose_3d(solid, prediction, skeleton)
    frame_pose_3d(solid, truth, prediction)
    solid.set_title(f"lifted (colour) over true (grey): {moment.error:.0f} mm", fontsize=9)
    text = figure.add_subplot(cells[2])
    text.axis("off")
    text.text(0.02, 0.5, textwrap.fill(moment.caption, 52), fontsize=10, va="center")


def _upright(pose: np.ndarray) -> np.ndarray:
    """Camera axes (x right, y down, z away) to z up."""
    return np.stack([pose[:, 0], pose[:, 2], -pose[:, 1]], axis=1)


def _moments(run: Path, shards_path: Path) -> list[Moment]:
    from lifting.evaluation import EvaluationConfig
    from lifting.evaluation.evaluate import open_source
    from lifting.runs import open_run
    from posecap.shards import open_shards

    config = EvaluationConfig(run)
    opened = open_run(run)
    source = open_source(opened.info, config)
    shards = open_shards(shards_path)
    return [_moment(opened, config, source, shards, *choice) for choice in MOMENTS]


def _moment(
    run: Any, config: Any, source: ShardSource, shards: Shards, action: str, camera: int, share: float
) -> Moment:
    import torch

    from lifting.data import Clips, Windows
    from lifting.evaluation.methods import lifter_predictor
    from lifting.evaluation.views import predict_views

    key = f"{SUBJECT}/{action} 1"
    windows = Windows(run.info.recipe.clips.frames, None, run.info.recipe.clips.rate)
    clips = Clips(source, windows, wanted=lambda info: info.key == key)
    predict = lifter_predictor(run, config, source, torch.device("cpu"))
    index = next(index for index, info in enumerate(source.infos) if info.key == key)
    name = source.infos[index].cameras[camera]
    view = next(view for view in predict_views(predict, clips) if view.camera == name)
    frame = int(share * len(view.prediction))
    return Moment(
        title=f"{key}, camera {name}",
        caption=_caption(shards, key, frame),
        pose_2d=source.load(index).views[camera].pose_2d[frame, :, :2],
        prediction=view.prediction[frame],
        truth=view.target[frame],  # type: ignore[index]
    )


def _caption(shards: Shards, key: str, frame: int) -> str:
    wanted = int(shards.read_frames(key).caption_ids[frame][0])  # type: ignore[index]
    table = shards.captions(["caption_id", "caption"])
    place = int(np.flatnonzero(table["caption_id"].to_numpy() == wanted)[0])
    return str(table["caption"][place].as_py())
