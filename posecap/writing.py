"""Files that are whole or not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from posecap.errors import InputError


@contextmanager
def whole_file(target: str | Path) -> Iterator[Path]:
    """A path beside `target` with the same ending to write to; it becomes `target` when all went well.

    Otherwise nothing is left of it, and what `target` held stays. InputError names `target` where it
    cannot be written.
    """
    target = Path(target)
    beside = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        yield beside
        os.replace(beside, target)
    except OSError as error:
        raise InputError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        with suppress(OSError):
            beside.unlink()
