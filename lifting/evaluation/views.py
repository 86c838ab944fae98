"""Predictions put back together: one whole view after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lifting.data import Batch, Clips
from posecap.errors import InputError

Predictor = Callable[[Tensor], Tensor]
"""(B, F, J, 3) normalised x, y and confidence to (B, F, J, 3) metres, root-relative."""
RowsPredictor = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]
"""A whole batch of clips to several predictions (B, F, J, 3) by name."""


@dataclass(frozen=True)
class ViewResult:
    """One view: prediction and, where there is one, truth (T, J, 3) metres, camera frame, root at 0.

    counts: (T,) bool, frames that are measured; clip: (T,) number of the clip that each is from.
    """

    sequence: str
    camera: str
    subject: str
    action: str
    prediction: np.ndarray
    target: np.ndarray | None
    counts: np.ndarray
    clip: np.ndarray


def predict_views(
    predict: Predictor, clips: Clips, batch: int = 64, device: torch.device | None = None
) -> Iterator[ViewResult]:
    """Predicts all clips (not flipped) and gives views whole; see `predict_rows`."""
    for found in predict_rows(lambda cut: {"": predict(cut["pose_2d"])}, clips, batch, device):
        yield found[""]


def predict_rows(
    predict: RowsPredictor,
    clips: Clips,
    batch: int = 64,
    device: torch.device | None = None,
    keep_root: bool = False,
    by_view: bool = False,
) -> Iterator[dict[str, ViewResult]]:
    """The same for several predictions a clip; with `keep_root` predicted roots stay where they are,
    with `by_view` no batch holds clips of two views.

    On the centred grid a view has its own frames once, and frames of several clips are averaged; on the
    grids of public scripts it is its clips one after the other, with what they double or leave out.
    """
    views: dict[str, _View] = {}
    for items in _batches(clips, batch, by_view):
        cut = clips.batch(items)
        for row, poses in enumerate(_by_clip(predict, cut, device, keep_root)):
            place = int(cut["sequence"][row]), int(cut["camera"][row])
            if views and next(iter(views.values())).place != place:
                yield {name: view.result() for name, view in views.items()}
                views = {}
            for name, pose in poses.items():
                views.setdefault(name, _View(clips, place)).add(pose, cut, row)
    if views:
        yield {name: view.result() for name, view in views.items()}


def _batches(clips: Clips, size: int, by_view: bool) -> Iterator[np.ndarray]:
    """Numbers of clips, at most `size` at once."""
    places = clips.places
    changes = (places[1:] != places[:-1]).any(-1) & by_view
    for group in np.split(np.arange(len(clips)), 1 + np.flatnonzero(changes)):
        yield from np.split(group, range(size, len(group), size))


def _by_clip(
    predict: RowsPredictor, cut: Batch, device: torch.device | None, keep_root: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Predictions (F, J, 3) of each clip, their root set to 0 unless it is kept."""
    with torch.inference_mode():
        found = predict({key: torch.from_numpy(value).to(device) for key, value in cut.items()})
        arrays = {name: pose.float().cpu().numpy().copy() for name, pose in found.items()}
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise InputError("predicted poses are not finite: the training of these weights went astray")
    if not keep_root:
        for array in arrays.values():
            array[:, :, 0] = 0
    for row in range(len(cut["weight"])):
        yield {name: array[row] for name, array in arrays.items()}


class _View:
    """Clips of one view, gathered."""

    def __init__(self, clips: Clips, place: tuple[int, int]) -> None:
        self.place, self._info = place, clips.info(place[0])
        self._own_frames = clips.windows.grid == "centred"
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._labelled = True

    def add(self, prediction: np.ndarray, cut: Batch, row: int) -> None:
        """Takes in one clip's prediction."""
        frames = cut["start"][row] + cut["step"][row] * np.arange(len(prediction))
        counts, target = cut["weight"][row] > 0, cut["pose_3d"][row]
        if self._own_frames:
            inside = (frames >= 0) & (frames < self._info.num_frames)
            frames, prediction, target, counts = (
                array[inside] for array in (frames, prediction, target, counts)
            )
        self._parts.append((frames, prediction, target, counts))
        self._labelled = bool(cut["labelled"][row])

    def result(self) -> ViewResult:
        """The whole view."""
        numbers = np.repeat(np.arange(len(self._parts)), [len(part[0]) for part in self._parts])
        frames, prediction, target, counts = (
            np.concatenate(arrays) for arrays in zip(*self._parts, strict=True)
        )
        if self._own_frames:
            prediction = _mean_by_frame(frames, prediction, self._info.num_frames)
            first = np.unique(frames, return_index=True)[1]
            target, counts, numbers = target[first], counts[first], numbers[first]
        info, camera = self._info, self._info.cameras[self.place[1]]
        truth = target if self._labelled else None
        return ViewResult(info.key, camera, info.subject, info.action, prediction, truth, counts, numbers)


def _mean_by_frame(frames: np.ndarray, poses: np.ndarray, num_frames: int) -> np.ndarray:
    """(T, J, 3) means of poses (N, J, 3) by their frame; every frame must be there."""
    total = np.zeros((num_frames, *poses.shape[1:]))
    np.add.at(total, frames, poses)
    times = np.bincount(frames, minlength=num_frames)
    if not times.all():
        raise AssertionError(f"clips leave out frame {int(times.argmin())}")
    return total / times[:, None, None]
