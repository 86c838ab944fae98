"""Memory that torch's CPU tensors live in."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

# names and numbers of the C library's malloc.h
TRIM_THRESHOLD, MMAP_MAX = -1, -4
NEVER = 2**31 - 1


@contextmanager
def kept_memory() -> Iterator[bool]:
    """While it is entered the C library keeps freed memory for the next tensor; False where it cannot.

    By default glibc gives every large block back to the system when it is freed, and a training step
    then has its pages made and zeroed anew thousands of times: a tenth of a small model's step on a
    CPU. No result depends on it. What is free at the end goes back to the system; the settings stay
    with the process, for glibc cannot tell what they were.
    """
    try:
        library = ctypes.CDLL(None)
        kept = bool(library.mallopt(TRIM_THRESHOLD, NEVER)) and bool(library.mallopt(MMAP_MAX, 0))
    except (OSError, TypeError, AttributeError):
        yield False
        return
    try:
        yield kept
    finally:
        library.malloc_trim(0)
