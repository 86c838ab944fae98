"""From values to categories."""

from __future__ import annotations

import numpy as np


def categorize(values: np.ndarray, thresholds: np.ndarray, out: np.ndarray) -> None:
    """Writes into `out` (K, N) int8 the index of the first threshold that is not below each value.

    Ties fall low and NaN falls in the last category; both sides are compared in float32, the values
    (K, N) float32 and the `thresholds` (T,) as `plan.compared_thresholds` gives them.
    """
    out[...] = len(thresholds)
    for threshold in thresholds:
        out -= values <= threshold
