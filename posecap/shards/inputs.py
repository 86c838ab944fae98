"""What a part was made of, as hashes: a run goes on only from parts whose input is still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from posecap.readers import Dataset
    from posecap.sequences import Sequence

DIGEST_BYTES = 16


def sequence_digest(sequence: Sequence) -> str:
    """Hex hash of everything that a reader gives of a sequence: poses, views, cameras, labels, names."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    _feed(digest.update, sequence)
    return digest.hexdigest()


@dataclass
class InputWork:
    """The hashes of the sequences of each part, for an engine: items are part numbers."""

    dataset: Dataset
    parts: list[list[str]]
    forks: bool = True

    def prepare(self) -> Callable[[int], tuple[int, list[str]]]:
        """The function that reads part number `index` and hashes it."""
        return lambda index: (index, [sequence_digest(self.dataset.read(key)) for key in self.parts[index]])


def _feed(update: Callable[[Any], None], value: Any) -> None:
    """Give a value's kind, size and bytes to a hash, so that different values never run together."""
    if isinstance(value, np.ndarray):
        update(f"array {value.dtype.str} {value.shape}".encode())
        update(np.ascontiguousarray(value).reshape(-1).view(np.uint8).data)
    elif is_dataclass(value):
        _feed(update, {field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, Mapping):
        _feed(update, [*value.items()])
    elif isinstance(value, (list, tuple)):
        update(f"list {len(value)} ".encode())
        for item in value:
            _feed(update, item)
    else:
        text = f"{type(value).__name__} {value!r}".encode()
        update(b"%d " % len(text))
        update(text)
