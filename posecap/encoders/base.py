"""What every text encoder gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True)
class EncoderInfo:
    """Which model it is, down to the bytes of its weights.

    `dimension` is that of a text's vector, `token_dimension` that of a token's; `max_tokens` is the
    longest text it reads, special tokens included, 0 where there is no limit.
    """

    name: str
    revision: str
    weights_sha256: str
    dimension: int
    token_dimension: int
    pooling: str
    max_tokens: int

    @property
    def folder(self) -> str:
        """Name that can be a folder."""
        return self.name.replace("/", "--")


class Encoder(Protocol):
    """A frozen text encoder."""

    info: EncoderInfo

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, dimension) float16, one vector per text."""
        ...

    def encode_tokens(self, texts: list[str]) -> list[np.ndarray]:
        """For each text (tokens, token_dimension) float16: the last hidden states, without padding."""
        ...

    def count_tokens(self, texts: list[str]) -> np.ndarray:
        """(n,) tokens of each text, special tokens included, before anything is cut off."""
        ...
