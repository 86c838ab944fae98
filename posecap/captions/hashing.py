"""Choices for many captions at once: 64-bit hashes of (seed, posecode state, variant)."""

from __future__ import annotations

import numpy as np

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mix(values: np.ndarray) -> np.ndarray:
    """Well mixed 64-bit numbers (the finaliser of Steele et al.'s SplitMix64), element by element."""
    with np.errstate(over="ignore"):
        values = (values ^ (values >> np.uint64(30))) * _M1
        values = (values ^ (values >> np.uint64(27))) * _M2
    return values ^ (values >> np.uint64(31))


def salted(hashes: np.ndarray, salt: int) -> np.ndarray:
    """Another independent hash for each of `hashes`, by a salt."""
    with np.errstate(over="ignore"):
        return mix(hashes + np.uint64((salt * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & (2**64 - 1)))


def hash_rows(rows: np.ndarray, seed: int = 0) -> np.ndarray:
    """(N,) uint64 hashes of the rows of a bool array (N, S), the same on every machine."""
    packed = np.packbits(rows, axis=1, bitorder="little")
    words = np.zeros((len(rows), -(-max(packed.shape[1], 1) // 8) * 8), np.uint8)
    words[:, : packed.shape[1]] = packed
    start = (int(seed) * 0xD1B54A32D192ED03 + 1) & (2**64 - 1)
    hashes = np.full(len(rows), start, np.uint64)
    for column in words.view("<u8").T:
        with np.errstate(over="ignore"):
            hashes = mix((hashes ^ column) + _GOLDEN)
    return hashes


def below(hashes: np.ndarray, limit: np.ndarray | int) -> np.ndarray:
    """Integers from 0 to limit - 1, from the upper halves of the hashes."""
    return ((hashes >> np.uint64(33)) % np.asarray(limit, np.uint64)).astype(np.intp)
