"""Shards: a data set's poses, posecodes, captions and text features as a directory of Parquet tables.

The names below load their module when they are first used: reading does not load what writing needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posecap.shards.embedding import EmbedConfig, EmbedSummary, embed
    from posecap.shards.generation import generate
    from posecap.shards.reader import Shards, open_shards
    from posecap.shards.rows import Features, FrameRows, Ragged, SequenceInfo, ViewRows
    from posecap.shards.settings import GenerateConfig, Progress, Silent, Summary
    from posecap.shards.validation import validate

_HOME = {
    "embedding": ("EmbedConfig", "EmbedSummary", "embed"),
    "generation": ("generate",),
    "reader": ("Shards", "open_shards"),
    "rows": ("Features", "FrameRows", "Ragged", "SequenceInfo", "ViewRows"),
    "settings": ("GenerateConfig", "Progress", "Silent", "Summary"),
    "validation": ("validate",),
}
__all__ = [
    "EmbedConfig",
    "EmbedSummary",
    "Features",
    "FrameRows",
    "GenerateConfig",
    "Progress",
    "Ragged",
    "SequenceInfo",
    "Shards",
    "Silent",
    "Summary",
    "ViewRows",
    "embed",
    "generate",
    "open_shards",
    "validate",
]


def __getattr__(name: str) -> Any:
    for home, names in _HOME.items():
        if name in names:
            return getattr(import_module(f"posecap.shards.{home}"), name)
    raise AttributeError(f"module 'posecap.shards' has no attribute '{name}'")
