"""Memory that torch's CPU tensors live in."""

from __future__ import annotations

import ctypes

# names and numbers of the C library's malloc.h
TRIM_THRESHOLD, MMAP_MAX = -1, -4
NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Tells the C library to keep freed memory for the next tensor; False where it cannot be told.

    By default glibc gives every large block back to the system when it is freed, and a training step
    then has its pages made and zeroed anew thousands of times: a tenth of a small model's step on a
    CPU. No result depends on it. For the whole process, so commands call it and modules do not.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, TypeError, AttributeError):
        return False
    return bool(mallopt(TRIM_THRESHOLD, NEVER)) and bool(mallopt(MMAP_MAX, 0))
