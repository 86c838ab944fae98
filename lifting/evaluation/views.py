"""Predictions put back together: one whole view after the other, every frame once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lifting.data import Clips

Predictor = Callable[[Tensor], Tensor]
"""(B, F, J, 3) normalised x, y and confidence to (B, F, J, 3) metres, root-relative."""


@dataclass(frozen=True)
class ViewResult:
    """One view: prediction and, where there is one, truth (T, J, 3) metres, camera frame, root at 0.

    counts: (T,) bool, frames that are measured.
    """

    sequence: str
    camera: str
    subject: str
    action: str
    prediction: np.ndarray
    target: np.ndarray | None
    counts: np.ndarray


def predict_views(
    predict: Predictor, clips: Clips, batch: int = 64, device: torch.device | None = None
) -> Iterator[ViewResult]:
    """Predicts all clips (not flipped) and gives views whole; frames in several clips are averaged."""
    current: _View | None = None
    for items in np.split(np.arange(len(clips)), range(batch, len(clips), batch)):
        cut = clips.batch(items)
        with torch.inference_mode():
            prediction = predict(torch.from_numpy(cut["pose_2d"]).to(device)).float().cpu().numpy()
        prediction = prediction - prediction[:, :, :1]
        for row in range(len(items)):
            place = int(cut["sequence"][row]), int(cut["camera"][row])
            if current is None or current.place != place:
                if current is not None:
                    yield current.result()
                current = _View(clips, place)
            current.add(prediction[row], cut["pose_3d"][row], cut, row)
    if current is not None:
        yield current.result()


class _View:
    """Sums of predictions of one view."""

    def __init__(self, clips: Clips, place: tuple[int, int]) -> None:
        self.place, self._info = place, clips.info(place[0])
        self._sum: np.ndarray | None = None
        self._times = np.zeros(self._info.num_frames)
        self._counts = np.zeros(self._info.num_frames, bool)

    def add(self, prediction: np.ndarray, target: np.ndarray, cut: dict[str, np.ndarray], row: int) -> None:
        if self._sum is None:
            self._sum = np.zeros((self._info.num_frames, *prediction.shape[1:]))
            self._target = np.zeros_like(self._sum)
            self._labelled = bool(cut["labelled"][row])
        frames = cut["start"][row] + cut["step"][row] * np.arange(len(prediction))
        inside = (frames >= 0) & (frames < self._info.num_frames)
        frames = frames[inside]
        self._counts[frames] = cut["weight"][row][inside] > 0
        self._sum[frames] += prediction[inside]
        self._target[frames] = target[inside]
        self._times[frames] += 1

    def result(self) -> ViewResult:
        info = self._info
        if self._sum is None or not self._times.all():
            raise AssertionError(f"{info.key}: clips leave out a frame")
        mean = self._sum / self._times[:, None, None]
        camera = info.cameras[self.place[1]]
        target = self._target if self._labelled else None
        return ViewResult(info.key, camera, info.subject, info.action, mean, target, self._counts)
