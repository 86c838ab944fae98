"""Who does the parts: this process, a pool of processes, or a Ray cluster; the work is the same.

A part is a pure function of its item and the work's settings, so engines differ in nothing but
speed. Workers write their parts themselves: all of them must see the shard directory (and the data
set) under the same path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from posecap.errors import unknown_name

if TYPE_CHECKING:
    from posecap.shards.embedding import EmbedConfig
    from posecap.shards.settings import GenerateConfig

ENGINES = {"local": "posecap.shards.engines.local", "ray": "posecap.shards.engines.ray"}


class Work(Protocol):
    """Work that is cut into items. Travels to workers by pickling (or by fork where `forks`)."""

    forks: bool
    """Whether a forked copy of the process may do it: not where PyTorch has been used."""

    def prepare(self) -> Callable[[Any], Any]:
        """Called once in each worker: gives the function that does one item."""
        ...


@dataclass(frozen=True)
class Engine:
    """Which engine, with how many processes (`local`) or at which address (`ray`)."""

    name: str = "local"
    jobs: int = 1
    address: str | None = None

    @classmethod
    def of(cls, config: GenerateConfig | EmbedConfig) -> Engine:
        """The engine that a run's settings name."""
        return cls(config.engine, config.jobs, config.address)

    def check(self) -> Engine:
        """Self; InputError for an unknown name or a library that is missing."""
        if self.name not in ENGINES:
            raise unknown_name("engine", self.name, ENGINES)
        import_module(ENGINES[self.name]).check()
        return self

    def run(self, work: Work, items: list[Any]) -> Iterator[Any]:
        """Results in the order in which they come.

        An InputError of the work ends it all; OSError where workers are lost for good.
        """
        return import_module(ENGINES[self.name]).run(work, items, self) if items else iter(())
