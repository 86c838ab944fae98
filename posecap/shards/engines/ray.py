"""A Ray cluster (extra `ray`): items go to its nodes, and again to others when a node dies."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from posecap.errors import InputError
from posecap.shards.engines import Engine, Work

RETRIES = 8  # times an item is begun again after its worker or node has died
AHEAD = 2  # items on their way for each processor of the cluster

_prepared: dict[str, Callable[[Any], Any]] = {}  # in a worker: by run, what does an item


def check() -> None:
    """InputError where Ray is not installed."""
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise InputError("engine ray: Ray is not installed: pip install 'posecap[ray]'") from error


def run(work: Work, items: list[Any], engine: Engine) -> Iterator[Any]:
    """See `Engine.run`. Joins the cluster at the address, or starts one on this machine."""
    import ray

    is_own = not ray.is_initialized()
    if is_own:
        try:
            # a cluster of its own has as many processors as the run has jobs
            processors = engine.jobs if engine.address is None else None
            ray.init(
                address=engine.address, num_cpus=processors, log_to_driver=False, logging_level=logging.ERROR
            )
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(f"engine ray: no cluster at {engine.address} ({_line(error)})") from error
    try:
        yield from _run(ray, work, items)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, (InputError, OSError)):
            raise error.cause from error
        raise
    except ray.exceptions.RayError as error:
        raise OSError(None, f"the Ray cluster lost a part for good ({_line(error)})") from error
    finally:
        if is_own:
            ray.shutdown()


def _run(ray: Any, work: Work, items: list[Any]) -> Iterator[Any]:
    run_name, shared = uuid.uuid4().hex, ray.put(work)
    task = ray.remote(max_retries=RETRIES)(_work)
    ahead = AHEAD * max(1, int(ray.cluster_resources().get("CPU", 1)))
    left = list(reversed(items))
    waiting: list[Any] = []
    while left or waiting:
        while left and len(waiting) < ahead:
            # inside a list the reference stays one: each worker fetches the work once, not with each item
            waiting.append(task.remote(run_name, [shared], left.pop()))
        done, waiting = ray.wait(waiting)
        yield from ray.get(done)


def _work(run_name: str, shared: list[Any], item: Any) -> Any:
    import ray

    if run_name not in _prepared:
        _prepared[run_name] = ray.get(shared[0]).prepare()
    return _prepared[run_name](item)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
