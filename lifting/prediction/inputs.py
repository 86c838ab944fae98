"""What is lifted: the people of a keypoint file, or one view of shards, at a frame rate of the run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lifting.prediction.config import PredictionConfig
from lifting.prediction.placing import DEFAULT_FOCAL
from lifting.prediction.rates import at_training_rate
from lifting.prediction.truth import Truth, read_truth
from lifting.runs import RunInfo
from posecap.errors import InputError
from posecap.keypoints import Keypoints, read_keypoints


@dataclass(frozen=True)
class Input:
    """Keypoints at `rate` frames a second, the camera's focal length and centre (2,) in pixels.

    focal_told: whether the focal length is known; truth: of the first person; truth_fps: frames a
    second of a truth that has the keypoints' own frames; report: what was done and assumed.
    """

    found: Keypoints
    rate: float
    focal: float
    focal_told: bool
    center: np.ndarray
    truth: Truth | None = None
    truth_fps: float = 0.0
    report: tuple[str, ...] = ()


def read_input(config: PredictionConfig, info: RunInfo) -> Input:
    """The keypoints that `config` names, with what is known of them; InputError for what is not fit."""
    if config.features is not None:
        from lifting.prediction.shard_views import read_view

        view = read_view(config, info)
        own, truth, focal, center = view.keypoints, view.truth, view.focal, view.center
    elif config.keypoints is not None:
        own = read_keypoints(
            config.keypoints,
            config.format,
            size=config.size,
            fps=config.fps,
            layout=config.layout,
            weights=config.weights,
        )
        truth, focal, center = None, None, np.array([own.width, own.height]) / 2
    else:
        raise InputError("there is nothing to lift: neither keypoints nor a view of shards is named")
    if config.truth is not None:
        truth = read_truth(config.truth, config.truth_frame, config.sequence)
    found, rate, lines = at_training_rate(own, config, info)
    known = config.focal or focal
    focal = known or DEFAULT_FOCAL * own.width
    if known is None:
        lines += (
            f"focal length not known, taken as {focal:.0f} pixels; the root's distance is as right as that",
        )
    told = known is not None
    return Input(found, rate, focal, told, center, truth, own.fps or rate, (*found.report, *lines))
