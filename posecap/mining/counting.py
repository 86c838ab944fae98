"""Counting posecodes: each different row of categories once, with the number of poses that have it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from posecap.errors import InputError
from posecap.posecodes.codes import statements_of
from posecap.posecodes.definitions import Definitions, posecode_name
from posecap.posecodes.entries import Statistics

if TYPE_CHECKING:
    from posecap.shards.reader import Shards


@dataclass(frozen=True)
class Counts:
    """Different rows of categories (U, columns) int8, -1 where not measured, and the poses (U,) of each."""

    definitions: Definitions
    rows: np.ndarray
    weights: np.ndarray
    source: str = ""

    @property
    def num_poses(self) -> int:
        return int(self.weights.sum())

    @cached_property
    def categories(self) -> tuple[np.ndarray, ...]:
        """For each column, poses (num_categories,) with each category."""
        sizes = [len(self.definitions.kinds[kind].categories) for kind, _ in self.definitions.columns]
        return tuple(
            np.bincount(row[row >= 0], self.weights[row >= 0], size).astype(np.int64)
            for row, size in zip(self.rows.T, sizes, strict=True)
        )

    @cached_property
    def selected(self) -> np.ndarray:
        """(U, S) bool, statements told of each row."""
        return statements_of(self.definitions, self.rows)[0]

    @cached_property
    def supers(self) -> np.ndarray:
        """(Q,) poses with each super-posecode."""
        return self.weights @ statements_of(self.definitions, self.rows)[1]

    def statistics(self) -> Statistics:
        """The counts as a definitions file keeps them; a super-posecode's are (without, with)."""
        names = [posecode_name(kind, entry.joints) for kind, entry in self.definitions.columns]
        counts = {name: tuple(row.tolist()) for name, row in zip(names, self.categories, strict=True)}
        for name, made in zip(self.definitions.super_posecodes, self.supers.tolist(), strict=True):
            counts[posecode_name("super", (name,))] = (self.num_poses - made, made)
        return Statistics(source=self.source, poses=self.num_poses, counts=counts)


def count_tables(definitions: Definitions, tables: Iterable[np.ndarray], source: str = "") -> Counts:
    """Counts over category tables (N, columns) int8, one after the other."""
    num_columns = len(definitions.columns)
    rows, weights = np.zeros((0, num_columns), np.int8), np.zeros(0, np.int64)
    for table in tables:
        rows = np.concatenate([rows, table])
        weights = np.concatenate([weights, np.ones(len(table), np.int64)])
        rows, weights = merged_rows(rows, weights)
    return Counts(definitions, rows, weights, source)


def count_shards(shards: Shards, definitions: Definitions | None = None, split: str | None = None) -> Counts:
    """Counts over the posecodes of a shard directory, of one split if one is named."""
    definitions = definitions or shard_definitions(shards)
    sequences, rows = read_categories(shards, definitions)
    if split is not None:
        rows = rows[np.isin(sequences, _keys_of(shards, split))]
    return count_tables(definitions, [rows], f"{shards.manifest.dataset}, {split or 'all'} poses")


def read_categories(shards: Shards, definitions: Definitions) -> tuple[np.ndarray, np.ndarray]:
    """Sequence (N,) str and categories (N, columns) int8 of every row of the posecodes table."""
    columns = shards.posecode_dictionary()["column"].to_pylist()
    if len(columns) != len(definitions.columns):
        raise InputError(f"{shards.path}: its posecodes are not those of {definitions.name}")
    table = shards.posecodes(["sequence", *columns])
    rows = np.empty((table.num_rows, len(columns)), np.int8)
    for place, column in enumerate(columns):
        rows[:, place] = table[column].to_numpy()
    return table["sequence"].to_numpy().astype(str), rows


def shard_definitions(shards: Shards) -> Definitions:
    """The definitions that shards were made with, which they hold themselves."""
    return shards.definitions()


def _keys_of(shards: Shards, split: str) -> list[str]:
    table = shards.sequences()
    pairs = zip(table["sequence"].to_pylist(), table["split"].to_pylist(), strict=True)
    keys = [key for key, own in pairs if own == split]
    if not keys:
        raise InputError(f"{shards.path}: no sequence of split '{split}'")
    return keys


def merged_rows(rows: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each different row once, with the sum of its weights, in the order of their bytes."""
    keys = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    return rows[first], np.bincount(place, weights, len(first)).astype(np.int64)
