"""Where alignments get every posecode's category from, or none but those told."""

from __future__ import annotations

from torch import Tensor

from lifting.alignment.alignment import TextBatch
from posecap.errors import InputError, unknown_name

SOURCES = ("statements", "categories")


def check_source(alignment: str, source: str) -> str:
    """The name of a source; InputError with the near names where there is none."""
    if source not in SOURCES:
        raise unknown_name(f"{alignment} source", source, SOURCES)
    return source


def known_categories(text: TextBatch, alignment: str) -> Tensor:
    """(B, F, K) category of every posecode; InputError where the batch has none."""
    if text.categories is None:
        raise InputError(f"alignment {alignment}: source categories needs the posecodes of the shards")
    return text.categories
