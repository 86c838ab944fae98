"""The posecodes of many poses: values, categories, super-posecodes, statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from posecap.posecodes import noise
from posecap.posecodes.definitions import Definitions, posecode_name
from posecap.posecodes.plan import KindPlan, LeftOut, Plan
from posecap.posecodes.selection import (
    Selection,
    make_selection,
    select_rows,
    skip_rows,
    super_rows,
    true_rows,
)

BLOCK = 1024  # poses at a time: a block of rows stays in the processor's cache


@dataclass(frozen=True)
class Draws:
    """Where a run of poses lies in the world of random numbers."""

    seed: int = 0
    sequence: str = ""
    frames: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # (N,) frame numbers

    def uniform(self, purpose: str, names: np.ndarray, part: slice) -> np.ndarray:
        """(K, B) draws in [0, 1) for the poses in `part`."""
        return noise.uniform(noise.key(purpose, self.seed, self.sequence), names, self.frames[part])


@dataclass(frozen=True)
class Posecodes:
    """What `extract` returns, for N poses.

    Values are the geometry; categories are what is told, and differ from it by the noise if that was
    asked for. Kinds and posecodes that the skeleton cannot tell are in `left_out` and nowhere else,
    except that tables over all columns hold -1 and tables over all statements hold False for them.
    """

    definitions: Definitions
    plan: Plan
    value_rows: np.ndarray  # (columns, N) float32
    category_rows: np.ndarray  # (columns, N) int8, -1 where not measured
    draws: Draws

    def __len__(self) -> int:
        return self.category_rows.shape[1]

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Posecodes and super-posecodes that this skeleton cannot tell, with the reason."""
        return self.plan.left_out

    @property
    def kinds(self) -> list[str]:
        """Names of the kinds with at least one measured posecode."""
        return [kind.name for kind in self.plan.kinds]

    @property
    def joint_sets(self) -> dict[str, list[tuple[str, ...]]]:
        """For each kind, the roles of its measured posecodes."""
        return {kind.name: list(kind.joint_sets) for kind in self.plan.kinds}

    @property
    def values(self) -> dict[str, np.ndarray]:
        """For each kind (N, K) float32, degrees or metres."""
        return {kind.name: self.value_rows[kind.columns].T for kind in self.plan.kinds}

    @property
    def categories(self) -> dict[str, np.ndarray]:
        """For each kind (N, K) int8, index into `category_names`."""
        return {kind.name: self.category_rows[kind.columns].T for kind in self.plan.kinds}

    @property
    def category_names(self) -> dict[str, tuple[str, ...]]:
        """For each kind its category names, from the lowest values to the highest."""
        return {kind.name: self.definitions.kinds[kind.name].categories for kind in self.plan.kinds}

    @cached_property
    def super_posecodes(self) -> dict[str, np.ndarray]:
        """(N,) bool for each super-posecode that can be told on this skeleton."""
        left_out = {entry.joints[0] for entry in self.left_out if entry.kind == "super"}
        rows = super_rows(self._selection, self.category_rows)
        names = self.definitions.super_posecodes
        return {name: row for name, row in zip(names, rows, strict=True) if name not in left_out}

    def category_table(self) -> np.ndarray:
        """(N, columns) int8 over `definitions.columns`, -1 where the skeleton lacks the roles."""
        return np.ascontiguousarray(self.category_rows.T)

    def true_statements(self) -> np.ndarray:
        """(N, S) bool: statements that hold (with the noise, if that was asked for)."""
        return self._table(self._true_block)

    def selected(self, skip_probability: float = 0.0) -> np.ndarray:
        """(N, S) bool: statements that captions are made of, by the acceptable and support marks.

        `skip_probability` drops each statement that is not rare with that probability, the same ones
        for the same (seed, sequence, frame, statement); a pose that would have none left keeps all.
        """
        return self._table(lambda part: self._selected_block(part, skip_probability))

    @cached_property
    def _selection(self) -> Selection:
        return make_selection(self.definitions)

    def _table(self, block_of: Callable[[slice], np.ndarray]) -> np.ndarray:
        table = np.empty((len(self), self._selection.num_statements), bool)
        for part in blocks(len(self)):
            table[part] = block_of(part).T
        return table

    def _true_block(self, part: slice) -> np.ndarray:
        categories = self.category_rows[:, part]
        return true_rows(self._selection, categories, super_rows(self._selection, categories))

    def _selected_block(self, part: slice, skip_probability: float) -> np.ndarray:
        categories = self.category_rows[:, part]
        supers = super_rows(self._selection, categories)
        rows = true_rows(self._selection, categories, supers)
        select_rows(self._selection, rows, supers)
        if skip_probability > 0:
            names = noise.keys([statement.name for statement in self.definitions.statements])
            skip_rows(self._selection, rows, self.draws.uniform("skip", names, part), skip_probability)
        return rows


def statements_of(definitions: Definitions, categories: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Selected statements (N, S) bool and super-posecodes (N, Q) bool of a category table (N, columns)."""
    selection = make_selection(definitions)
    selected = np.empty((len(categories), selection.num_statements), bool)
    made = np.empty((len(categories), len(selection.ways)), bool)
    for part in blocks(len(categories)):
        columns = np.ascontiguousarray(categories[part].T)
        supers = super_rows(selection, columns)
        rows = true_rows(selection, columns, supers)
        select_rows(selection, rows, supers)
        selected[part], made[part] = rows.T, supers.T
    return selected, made


def blocks(num_frames: int) -> Iterator[slice]:
    """Slices of BLOCK poses that cover `num_frames`."""
    return (slice(start, min(start + BLOCK, num_frames)) for start in range(0, num_frames, BLOCK))


def noise_names(kind: KindPlan) -> np.ndarray:
    """(K,) keys of a kind's posecodes: by name, so that a new posecode does not change the others."""
    return noise.keys([posecode_name(kind.name, joints) for joints in kind.joint_sets])
