"""Paired differences with intervals, bootstrapped over sequences and seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NUM_DRAWS = 4000


@dataclass(frozen=True)
class Difference:
    """Mean of variant minus reference, and the bounds of its 95% interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.2f} [{self.low:+.2f}, {self.high:+.2f}]"


def paired_difference(
    variant: np.ndarray, reference: np.ndarray, frames: np.ndarray, seed: int = 0
) -> Difference:
    """Difference of errors (seeds R, sequences S), weighted by frames (S,).

    Runs of one seed are a pair, so are the errors on one sequence; a draw takes seeds and sequences
    with replacement.
    """
    difference = variant - reference
    runs, sequences = difference.shape
    random = np.random.default_rng(seed)
    drawn_runs = random.integers(0, runs, (NUM_DRAWS, runs))
    drawn_sequences = random.integers(0, sequences, (NUM_DRAWS, sequences))
    weights = np.stack([np.bincount(draw, minlength=sequences) for draw in drawn_sequences]) * frames
    shares = np.stack([np.bincount(draw, minlength=runs) for draw in drawn_runs]) / runs
    means = np.einsum("dr,rs,ds->d", shares, difference, weights) / weights.sum(1)
    low, high = np.percentile(means, [2.5, 97.5])
    mean = float((difference.mean(0) * frames).sum() / frames.sum())
    return Difference(mean, float(low), float(high))
