"""Shards: a data set's poses, posecodes, captions and text features as a directory of Parquet tables."""

from posecap.shards.embedding import EmbedConfig, EmbedSummary, embed
from posecap.shards.generation import generate
from posecap.shards.reader import Shards, open_shards
from posecap.shards.rows import Features, FrameRows, Ragged, SequenceInfo, ViewRows
from posecap.shards.settings import GenerateConfig, Progress, Silent, Summary
from posecap.shards.validation import validate

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
