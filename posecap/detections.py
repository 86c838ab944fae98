"""Simulated 2D detections: exact projections with invented errors. Not the output of any detector.

Errors are fractions of the person's size in the image, larger towards the ends of the limbs, most of
them slow (a first-order autoregressive process), with worse spells and swaps of left and right.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from posecap.skeletons import Skeleton

_ENDS = ("wrist", "ankle", "hand", "foot", "toe", "heel", "index", "thumb", "pinky", "middle", "ring")
_MIDDLES = ("elbow", "knee", "head", "neck", "nose", "eye", "ear")


@dataclass(frozen=True)
class DetectorNoise:
    """Parameters; RMS error vectors as fractions of the person's height in the image."""

    trunk: float = 0.008
    middle: float = 0.012
    end: float = 0.019
    slow_share: float = 0.7
    slow_seconds: float = 0.3
    spell_rate: float = 0.15
    spell_seconds: float = 0.5
    spell_factor: float = 3.0
    swap_rate: float = 0.02
    swap_seconds: float = 0.2


def simulate_detections(
    pixels: np.ndarray,
    skeleton: Skeleton,
    fps: float,
    key: str,
    seed: int = 0,
    noise: DetectorNoise = DetectorNoise(),
) -> tuple[np.ndarray, np.ndarray]:
    """Detections (C, T, J, 2) pixels and confidences (C, T, J) in 0..1 for exact pixels (C, T, J, 2).

    `fps` is the frame rate. A pure function of (pixels, key, seed, noise): the order of work does not matter.
    """
    rng = np.random.default_rng([seed, crc32(key.encode())])
    size = np.median(np.ptp(pixels, axis=2).max(-1), axis=1)[:, None, None]
    sigma = np.array([_sigma(name, noise) for name in skeleton.joints])
    bad = _spells(pixels.shape[:3], noise.spell_rate, noise.spell_seconds * fps, rng)
    scale = sigma * size * np.where(bad, noise.spell_factor, 1.0) / np.sqrt(2)
    error = scale[..., None] * _coloured(pixels.shape, noise, fps, rng)
    shown = _swapped(pixels, skeleton, noise, fps, rng) + error
    relative = np.linalg.norm(shown - pixels, axis=-1) / size
    trust = 0.95 * np.exp(-8.0 * np.minimum(relative, 0.3)) - 0.12 * bad
    confidence = np.clip(trust + 0.04 * rng.standard_normal(trust.shape), 0.02, 1.0)
    return shown.astype(np.float32), confidence.astype(np.float32)


def _sigma(joint: str, noise: DetectorNoise) -> float:
    if any(part in joint for part in _ENDS):
        return noise.end
    return noise.middle if any(part in joint for part in _MIDDLES) else noise.trunk


def _coloured(
    shape: tuple[int, ...], noise: DetectorNoise, fps: float, rng: np.random.Generator
) -> np.ndarray:
    """Unit-variance errors of `shape` (C, T, J, 2): a slow AR(1) share and a white one."""
    keep = np.exp(-1 / (noise.slow_seconds * fps))
    slow = rng.standard_normal(shape)
    for t in range(1, shape[1]):
        slow[:, t] = keep * slow[:, t - 1] + np.sqrt(1 - keep**2) * slow[:, t]
    return np.sqrt(noise.slow_share) * slow + np.sqrt(1 - noise.slow_share) * rng.standard_normal(shape)


def _spells(shape: tuple[int, ...], rate: float, frames: float, rng: np.random.Generator) -> np.ndarray:
    """Flags (C, T, ...) that hold for a share `rate` of the time, in runs of `frames` on average."""
    stop = 1 / max(frames, 1.0)
    start = stop * rate / (1 - rate)
    draws = rng.random(shape)
    flags = np.empty(shape, bool)
    flags[:, 0] = draws[:, 0] < rate
    for t in range(1, shape[1]):
        flags[:, t] = np.where(flags[:, t - 1], draws[:, t] >= stop, draws[:, t] < start)
    return flags


def _swapped(
    pixels: np.ndarray, skeleton: Skeleton, noise: DetectorNoise, fps: float, rng: np.random.Generator
) -> np.ndarray:
    """Pixels with spells in which both wrists or both ankles have changed places."""
    shown = pixels.astype(np.float64, copy=True)
    for left, right in skeleton.pairs:
        if not left.endswith(("wrist", "ankle")):
            continue
        a, b = skeleton.index(left), skeleton.index(right)
        swap = _spells(pixels.shape[:2], noise.swap_rate / 2, noise.swap_seconds * fps, rng)[..., None]
        shown[:, :, a] = np.where(swap, pixels[:, :, b], pixels[:, :, a])
        shown[:, :, b] = np.where(swap, pixels[:, :, a], pixels[:, :, b])
    return shown
