"""Left/right mirror images of posecodes, categories and super-posecodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from posecap.posecodes.measures import MEASURES

if TYPE_CHECKING:
    from posecap.posecodes.definitions import Definitions, SuperPosecode

Code = tuple[int, int]  # column, category


class MirrorTable(NamedTuple):
    """For each column the one that measures the same of the mirrored pose.

    `columns` (K,) int, -1 where the definitions have none; `reverses` (K,) bool, whether the first
    category becomes the last; `last` (K,) int8, index of the column's last category.
    """

    columns: np.ndarray
    reverses: np.ndarray
    last: np.ndarray

    def code(self, column: int, category: int) -> Code | None:
        """Column and category of the mirrored pose for one column and category."""
        if self.columns[column] < 0:
            return None
        mirrored = int(self.last[column]) - category if self.reverses[column] else category
        return int(self.columns[column]), mirrored

    def categories(self, table: np.ndarray) -> np.ndarray:
        """Categories (..., K) int8 of the mirrored poses; -1 where not measured or without mirror."""
        mirrored = table[..., self.columns]
        mirrored = np.where(self.reverses & (mirrored >= 0), self.last - mirrored, mirrored)
        return np.where(self.columns < 0, -1, mirrored).astype(np.int8)


def swap_side(role: str) -> str:
    """`left_hand` for `right_hand` and the other way; roles without a side are kept."""
    if role.startswith("left_"):
        return "right_" + role.removeprefix("left_")
    return "left_" + role.removeprefix("right_") if role.startswith("right_") else role


def mirror_table(definitions: Definitions) -> MirrorTable:
    """The mirror of every column of `definitions`."""
    found = [_mirror_of(definitions, kind, entry.joints) for kind, entry in definitions.columns]
    last = [len(definitions.kinds[kind].categories) - 1 for kind, _ in definitions.columns]
    return MirrorTable(
        columns=np.array([column for column, _ in found], np.int64),
        reverses=np.array([reverses for _, reverses in found], bool),
        last=np.array(last, np.int8),
    )


def mirror_supers(definitions: Definitions) -> list[int]:
    """For each super-posecode the one whose ways are its mirrored ways, -1 where there is none."""
    ways = [_ways(definitions, code) for code in definitions.super_posecodes.values()]
    mirrored = [_mirrored_ways(definitions.mirror, own) for own in ways]
    return [ways.index(image) if image in ways else -1 for image in mirrored]


def _mirror_of(definitions: Definitions, kind: str, joints: tuple[str, ...]) -> tuple[int, bool]:
    measure = MEASURES[definitions.kinds[kind].measure]
    mirrored = tuple(swap_side(role) for role in joints)
    if definitions.has_column(kind, mirrored):
        return definitions.column(kind, mirrored), measure.mirror_negates
    for order, negates in measure.reorderings(mirrored):
        if definitions.has_column(kind, order):
            return definitions.column(kind, order), measure.mirror_negates != negates
    return -1, False


def _ways(definitions: Definitions, code: SuperPosecode) -> frozenset[frozenset[Code]]:
    return frozenset(
        frozenset(
            (
                definitions.column(need.kind, need.joints),
                definitions.kinds[need.kind].categories.index(need.category),
            )
            for need in way
        )
        for way in code.ways
    )


def _mirrored_ways(mirror: MirrorTable, ways: frozenset[frozenset[Code]]) -> frozenset | None:
    images = [[mirror.code(*code) for code in way] for way in ways]
    if any(image is None for way in images for image in way):
        return None
    return frozenset(frozenset(way) for way in images)
