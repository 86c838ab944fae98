"""Who does the parts: this process, a pool of processes, or Ray; the functions are the same."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any

from posecap.shards.part import PartRecord, make_part
from posecap.shards.settings import GenerateConfig

if TYPE_CHECKING:
    from posecap.readers import Dataset
    from posecap.shards.embedding import EmbedConfig
    from posecap.shards.features import FeatureMaker, FeaturePart, MadePart

_dataset: Dataset | None = None  # in a worker: what its parts are read from
_maker: FeatureMaker | None = None  # in a worker: what makes its features


def run_parts(
    dataset: Dataset, parts: list[list[str]], todo: list[int], config: GenerateConfig
) -> Iterator[PartRecord]:
    """The records of the parts `todo` as they are finished, by `config.jobs` processes."""
    if config.jobs <= 1 or len(todo) <= 1:
        for index in todo:
            yield make_part(dataset, parts[index], config, index)
        return
    yield from _run_pool(dataset, parts, todo, config)


def run_features(maker: FeatureMaker, todo: list[FeaturePart], config: EmbedConfig) -> Iterator[MadePart]:
    """The feature parts `todo` as they are made, by `config.jobs` processes."""
    if config.jobs <= 1 or len(todo) <= 1:
        for part in todo:
            yield maker.make(part)
        return
    import torch

    # a forked copy of a process that has used PyTorch's threads may hang, so these start afresh
    context = multiprocessing.get_context("spawn")
    jobs = min(config.jobs, len(todo))
    start = (config, torch.get_num_threads(), os.getpid())
    with ProcessPoolExecutor(jobs, context, _set_up_features, start) as pool:
        yield from _as_done(pool, {pool.submit(_work_features, part) for part in todo})


def _run_pool(
    dataset: Dataset, parts: list[list[str]], todo: list[int], config: GenerateConfig
) -> Iterator[PartRecord]:
    # forked workers share the opened data set's memory; elsewhere it is sent to them
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    jobs = min(config.jobs, len(todo))
    with ProcessPoolExecutor(jobs, context, _set_up, (dataset, os.getpid())) as pool:
        yield from _as_done(pool, {pool.submit(_work, parts[index], config, index) for index in todo})


def _as_done(pool: ProcessPoolExecutor, waiting: set[Future]) -> Iterator[Any]:
    """Results in the order in which they come; after an error nothing more is begun."""
    try:
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise OSError(None, "a worker process was killed (out of memory?)") from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _set_up_features(config: EmbedConfig, num_threads: int, parent: int) -> None:
    global _maker
    _die_with(parent)
    import torch

    from posecap.encoders import load_encoder
    from posecap.shards.features import FeatureMaker

    torch.set_num_threads(num_threads)
    _maker = FeatureMaker(config.path, load_encoder(config.encoder, config.device, config.batch_size))


def _work_features(part: FeaturePart) -> MadePart:
    assert _maker is not None  # noqa: S101
    return _maker.make(part)


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
