"""The output directory: whose it is, and that only one run writes into it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from posecap.errors import InputError
from posecap.shards.files import PARTIAL
from posecap.shards.manifest import MANIFEST
from posecap.shards.part import WORK

PATIENCE = 3.0  # seconds to wait for the workers of a killed run to let go


def look(out: Path) -> set[str] | None:
    """Names in `out` before a run, None where it does not exist.

    InputError where it is a file, or holds something that is neither shards nor a half-made run.
    """
    if not out.exists():
        return None
    if not out.is_dir():
        raise InputError(f"{out}: is a file, expected a directory")
    names = {path.name for path in out.iterdir()}
    if names and MANIFEST not in names and WORK not in names:
        raise InputError(f"{out}: holds something else ({min(names)}): choose an empty directory")
    return names


@contextmanager
def hold(out: Path) -> Iterator[None]:
    """Keep every other run out of `out` while this one is at work.

    The lock is on the directory itself and goes when the last process of the run has ended.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        handle = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise InputError(f"{out}: cannot be made ({error.strerror})") from error
    try:
        _lock(handle, out)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, out: Path) -> None:
    try:
        import fcntl
    except ImportError:  # not a POSIX system: nothing to lock with
        return
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > limit:
                raise ForeignError(f"{out}: another run is writing here: wait for it or stop it") from None
            time.sleep(0.1)


def clear_partial(out: Path) -> None:
    """Remove the unfinished files of a run that was killed."""
    for path in out.rglob(f"*{PARTIAL}"):
        path.unlink()


class KeptError(InputError):
    """An error after which the directory is left as it is."""


class ForeignError(KeptError):
    """The directory belongs to another run or other settings."""
