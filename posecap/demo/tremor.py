"""The small motion that never stops: people do not stand still, and neither do markers on skin."""

from __future__ import annotations

import numpy as np


def circling(times: np.ndarray, radius: float, hertz: float, rng: np.random.Generator) -> np.ndarray:
    """(T, 2) points that circle with nearly constant acceleration radius·(2π·hertz)²; the rate wanders."""
    wander = 0.5 * np.sin(2 * np.pi * rng.uniform(0.1, 0.3) * times + rng.uniform(0, 2 * np.pi))
    phase = 2 * np.pi * (hertz * rng.uniform(0.93, 1.07) * times + rng.uniform()) + wander
    turn = rng.choice([-1.0, 1.0])
    return radius * np.stack([np.cos(phase), turn * np.sin(phase)], axis=-1)


def drift(times: np.ndarray, amplitude: float, rng: np.random.Generator) -> np.ndarray:
    """(T,) slow irregular drift of about `amplitude`: four sines between 0.1 and 0.7 Hz."""
    rates = rng.uniform([0.1, 0.2, 0.35, 0.5], [0.2, 0.35, 0.5, 0.7])
    phases = rng.uniform(0, 2 * np.pi, 4)
    waves = np.sin(2 * np.pi * rates * times[:, None] + phases)
    return amplitude * waves @ (np.array([1.0, 0.7, 0.45, 0.3]) / 1.35)
