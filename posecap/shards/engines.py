"""Who does the parts: this process, or a pool of processes; the function is the same."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from posecap.shards.part import PartRecord, make_part
from posecap.shards.settings import GenerateConfig

if TYPE_CHECKING:
    from posecap.readers import Dataset

_dataset: Dataset | None = None  # in a worker: what its parts are read from


def run_parts(
    dataset: Dataset, parts: list[list[str]], todo: list[int], config: GenerateConfig
) -> Iterator[PartRecord]:
    """The records of the parts `todo` as they are finished, by `config.jobs` processes."""
    if config.jobs <= 1 or len(todo) <= 1:
        for index in todo:
            yield make_part(dataset, parts[index], config, index)
        return
    yield from _run_pool(dataset, parts, todo, config)


def _run_pool(
    dataset: Dataset, parts: list[list[str]], todo: list[int], config: GenerateConfig
) -> Iterator[PartRecord]:
    # forked workers share the opened data set's memory; elsewhere it is sent to them
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    jobs = min(config.jobs, len(todo))
    with ProcessPoolExecutor(jobs, context, _set_up, (dataset, os.getpid())) as pool:
        waiting = {pool.submit(_work, parts[index], config, index) for index in todo}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        except BrokenProcessPool as error:
            raise OSError(None, "a worker process was killed (out of memory?)") from error
        finally:
            for future in waiting:
                future.cancel()


def _set_up(dataset: Dataset, parent: int) -> None:
    global _dataset
    _dataset = dataset
    _die_with(parent)


def _work(keys: list[str], config: GenerateConfig, index: int) -> PartRecord:
    assert _dataset is not None  # noqa: S101
    return make_part(_dataset, keys, config, index)


def _die_with(parent: int) -> None:
    """On Linux, end this worker when its parent is killed, so that nothing writes on behind its back."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
