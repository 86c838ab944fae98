"""Mining: which categories are rare or too common, and which statements go without saying, from data."""

from __future__ import annotations

from posecap.mining.counting import Counts, count_shards, count_tables
from posecap.mining.files import mine, write_definitions
from posecap.mining.marks import mined_definitions
from posecap.mining.occurrence import occurrences
from posecap.mining.rules import mine_rules

__all__ = [
    "Counts",
    "count_shards",
    "count_tables",
    "mine",
    "mine_rules",
    "mined_definitions",
    "occurrences",
    "write_definitions",
]
