"""What every text encoder gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class EncoderInfo:
    """Which model it is, down to the bytes of its weights."""

    name: str
    revision: str
    weights_sha256: str
    dimension: int
    pooling: str
    max_tokens: int

    @property
    def folder(self) -> str:
        """Name that can be a folder."""
        return self.name.replace("/", "--")


class Encoder(Protocol):
    """A frozen text encoder. `truncated` counts the texts so far that were longer than it reads."""

    info: EncoderInfo
    truncated: int

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, dimension) float16, one vector per text."""
