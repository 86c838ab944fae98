"""Inert stand-ins for what a checkpoint names and nobody here wants to run."""

from __future__ import annotations

from typing import Any


class Stub:
    """Takes whatever a pickle does to an object and keeps nothing of it.

    `stands_for` is the name of the class or function in whose place it is.
    """

    stands_for = "unknown"

    def __new__(cls, *args: Any, **kwargs: Any) -> Stub:
        del args, kwargs
        return super().__new__(cls)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        del args, kwargs

    def __setstate__(self, state: Any) -> None:
        del state

    def __setitem__(self, key: Any, value: Any) -> None:
        del key, value

    def append(self, value: Any) -> None:
        """Drops the value."""
        del value

    def extend(self, values: Any) -> None:
        """Drops the values."""
        del values

    def __repr__(self) -> str:
        return f"<stub for {self.stands_for}>"


def stub_for(module: str, name: str) -> type[Stub]:
    """A class whose instances stand for `module.name`."""
    return type("Stub", (Stub,), {"stands_for": f"{module}.{name}"})
