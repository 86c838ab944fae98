"""From categories to the statements that a caption is made of.

Rows are statements and poses are contiguous here, (S, N); `Posecodes` turns them to (N, S).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.posecodes.definitions import Definitions
from posecap.posecodes.plan import Ways, all_ways


@dataclass(frozen=True)
class Selection:
    """The marks of some definitions as index arrays."""

    columns: np.ndarray  # (P,) column of each statement that is no super-posecode; those come first
    categories: np.ndarray  # (P,) int8
    ways: tuple[Ways, ...]  # per super-posecode
    super_statements: np.ndarray  # (Q,) super-posecode of each of the last statements
    hidden: np.ndarray  # (H,) statements never told themselves
    hidden_by: tuple[tuple[int, tuple[int, ...]], ...]  # statement, super-posecodes that replace it
    rare: np.ndarray  # (S,) bool: never skipped at random

    @property
    def num_statements(self) -> int:
        return len(self.columns) + len(self.super_statements)


def make_selection(definitions: Definitions) -> Selection:
    """Index arrays for `definitions`."""
    statements = definitions.statements
    plain = [statement for statement in statements if statement.posecode >= 0]
    needed_by = _needed_by(definitions)
    marks = [(s.id, s.support, needed_by.get((s.posecode, s.category_index), ())) for s in plain]
    return Selection(
        columns=np.array([statement.posecode for statement in plain], int),
        categories=np.array([statement.category_index for statement in plain], np.int8),
        ways=tuple(all_ways(definitions).values()),
        super_statements=np.array([s.super_posecode for s in statements if s.posecode < 0], int),
        hidden=np.array([id_ for id_, support, supers in marks if support == 1 and supers], int),
        hidden_by=tuple((id_, supers) for id_, support, supers in marks if support == 2 and supers),
        rare=np.array([statement.rare for statement in statements], bool),
    )


def _needed_by(definitions: Definitions) -> dict[tuple[int, int], tuple[int, ...]]:
    """(column, category) to the super-posecodes that need it in some way, measurable or not."""
    needed: dict[tuple[int, int], tuple[int, ...]] = {}
    for index, ways in enumerate(all_ways(definitions).values()):
        for code in {code for way in ways for code in way}:
            needed[code] = (*needed.get(code, ()), index)
    return needed


def super_rows(selection: Selection, categories: np.ndarray) -> np.ndarray:
    """(Q, N) bool: which super-posecodes hold, from categories (columns, N).

    A way that needs a posecode that was not measured (category -1) fails.
    """
    rows = np.zeros((len(selection.ways), categories.shape[1]), bool)
    for row, ways in zip(rows, selection.ways, strict=True):
        for way in ways:
            row |= np.logical_and.reduce([categories[column] == category for column, category in way])
    return rows


def true_rows(selection: Selection, categories: np.ndarray, supers: np.ndarray) -> np.ndarray:
    """(S, N) bool: statements that hold."""
    rows = np.empty((selection.num_statements, categories.shape[1]), bool)
    num_plain = len(selection.columns)
    np.equal(categories[selection.columns], selection.categories[:, None], out=rows[:num_plain])
    rows[num_plain:] = supers[selection.super_statements]
    return rows


def select_rows(selection: Selection, rows: np.ndarray, supers: np.ndarray) -> None:
    """Takes out of `rows` (S, N) what only super-posecodes may tell, in place."""
    rows[selection.hidden] = False
    for statement, indices in selection.hidden_by:
        rows[statement] &= ~np.logical_or.reduce(supers[list(indices)])


def skip_rows(selection: Selection, rows: np.ndarray, draws: np.ndarray, probability: float) -> None:
    """Drops statements that are not rare where `draws` (S, N) fall below `probability`, in place.

    A pose that would have nothing left keeps everything.
    """
    skipped = rows & (draws < probability) & ~selection.rare[:, None]
    keep_all = (rows == skipped).all(axis=0)
    rows &= ~skipped | keep_all
