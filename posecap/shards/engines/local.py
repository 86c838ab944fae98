"""This process, or a pool of processes on this machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from posecap.shards.engines import Engine, Work

_do: Callable[[Any], Any] | None = None  # in a worker: what does an item


def check() -> None:
    """Nothing can be missing."""


def run(work: Work, items: list[Any], engine: Engine) -> Iterator[Any]:
    """See `Engine.run`."""
    if engine.jobs <= 1 or len(items) <= 1:
        do = work.prepare()
        for item in items:
            yield do(item)
        return
    # forked workers share the memory of what is opened already; others open it themselves
    method = "fork" if work.forks and sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(min(engine.jobs, len(items)), context, _set_up, (work, os.getpid()))
    try:
        waiting = {pool.submit(_work, item) for item in items}
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise OSError(None, "a worker process was killed (out of memory?)") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _set_up(work: Work, parent: int) -> None:
    global _do
    _die_with(parent)
    _do = work.prepare()


def _work(item: Any) -> Any:
    assert _do is not None  # noqa: S101
    return _do(item)


def _die_with(parent: int) -> None:
    """On Linux, end this worker when its parent is killed, so that nothing writes on behind its back."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
