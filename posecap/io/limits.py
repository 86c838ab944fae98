"""How much a file may unpack to, and how sizes are told."""

from __future__ import annotations

import math
from pathlib import Path

from posecap.errors import InputError

MAX_BYTES = 8 * 2**30
"""Default limit of what one file may unpack to: above the largest file of the field (about 3 GB)."""


def require_file(path: Path) -> None:
    """InputError unless `path` is a readable file."""
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'no such file'}")


def array_bytes(shape: tuple[int, ...], itemsize: int) -> int:
    """Bytes of an array, exact for any declared shape; ValueError for a shape that cannot be.

    Sizes beside a zero count too, since numpy multiplies them all.
    """
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape):
        raise ValueError(f"impossible shape {shape}")
    if math.prod(size for size in shape if size) * max(itemsize, 1) >= 2**63 or len(shape) > 32:
        raise ValueError(f"impossible shape {shape}")
    return math.prod(shape) * itemsize


def human_bytes(size: float) -> str:
    """A size for people: 1.2 kB, 3.4 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def check_limit(path: Path, size: int, max_bytes: int) -> None:
    """InputError where `size` bytes are more than a file may unpack to."""
    if size > max_bytes:
        raise InputError(
            f"{path}: unpacks to {human_bytes(size)}, more than the limit {human_bytes(max_bytes)}"
        )
