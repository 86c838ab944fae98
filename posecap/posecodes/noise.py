"""Noise as a pure function of (seed, sequence, frame, posecode).

A counter-based hash (the finaliser of SplitMix64) turns the four into a number: no state, so neither
the order of work nor the number of workers nor the process's hash seed can change a draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

_STEP = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)


def key(*parts: object) -> np.uint64:
    """64-bit key of anything with a stable text form: (seed, sequence), a posecode's name."""
    text = "\x1f".join(str(part) for part in parts)
    return np.uint64(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little"))


def keys(names: Sequence[str]) -> np.ndarray:
    """(K,) uint64 keys of names."""
    return np.array([key(name) for name in names], np.uint64)


def uniform(stream: np.uint64, names: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """(K, N) float32 draws in [0, 1) for `names` (K,) uint64 keys and `frames` (N,) frame numbers."""
    counters = np.asarray(frames).astype(np.uint64) * _STEP + stream
    state = _mix(counters)[None, :] ^ names[:, None]
    return (_mix(state) >> np.uint64(40)).astype(np.float32) * np.float32(2**-24)


def _mix(state: np.ndarray) -> np.ndarray:
    state = (state ^ (state >> np.uint64(30))) * _FIRST
    state ^= state >> np.uint64(27)
    state *= _SECOND
    state ^= state >> np.uint64(31)
    return state
