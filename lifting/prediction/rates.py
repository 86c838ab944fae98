"""At which frame rate keypoints are lifted: one that the run was trained at."""

from __future__ import annotations

from lifting.prediction.config import PredictionConfig
from lifting.runs import RunInfo
from posecap.errors import InputError
from posecap.keypoints import FASTEST, Keypoints

DEFAULT_RATE = 50.0


def at_training_rate(
    found: Keypoints, config: PredictionConfig, info: RunInfo
) -> tuple[Keypoints, float, tuple[str, ...]]:
    """The keypoints at a rate of the run, that rate, and lines on what was assumed.

    A rate that is told goes first, then the file's own where the run was trained at it, then the one
    that the run was trained at most.
    """
    if config.rate is not None and not 0 < config.rate <= FASTEST:
        raise InputError(f"rate: {config.rate:g} frames a second are none (above 0, up to {FASTEST})")
    lines = list(_assumed(config, info))
    rate = config.rate or (found.fps if found.fps in info.fps else None) or (*info.fps, DEFAULT_RATE)[0]
    if found.fps is None:
        lines.append(f"frame rate not known, taken as {rate:g} frames a second")
        return found, rate, tuple(lines)
    return found.resampled(rate), rate, tuple(lines)


def _assumed(config: PredictionConfig, info: RunInfo) -> list[str]:
    if config.rate is not None or info.fps:
        return []
    return [
        f"the run does not say the frame rate it was trained at, taken as {DEFAULT_RATE:g} (Human3.6M's); "
        "--rate tells another"
    ]
