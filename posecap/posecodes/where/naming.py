"""How filters name posecodes and categories.

Body parts are roles (`left_hand`), pairs of them (`hands`) or `body`; a posecode is meant by its subject,
by all its joints in any order, or by subject and object. The kind may be left out where the parts and
the category leave only one. `right_hand left_hand is above` reads `left_hand right_hand` backward.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posecap.errors import InputError, unknown_name
from posecap.posecodes.definitions import SUPER, Definitions, posecode_name
from posecap.posecodes.entries import PosecodeEntry
from posecap.posecodes.measures import MEASURES
from posecap.posecodes.plan import Ways, all_ways
from posecap.posecodes.statements import single_roles

PAIRS = {
    **{f"{part}s": part for part in ("hand", "elbow", "shoulder", "wrist", "hip", "knee", "ankle", "ear")},
    **{f"{part}s": part for part in ("thigh", "shin", "upperarm", "forearm")},
    "feet": "foot",
}
FILLERS = {"the", "of", "to"}


@dataclass(frozen=True)
class Condition:
    """One posecode has one category (ways with one requirement), or a super-posecode holds."""

    name: str
    category: str
    ways: Ways

    @property
    def columns(self) -> set[int]:
        return {column for way in self.ways for column, _ in way}

    def holds(self, table: np.ndarray) -> np.ndarray:
        """(N,) bool."""
        return np.any([self._way(table, way) for way in self.ways], axis=0)

    def measured(self, table: np.ndarray) -> np.ndarray:
        """(N,) bool: whether the skeleton tells it at all."""
        return np.all([table[:, column] >= 0 for column in sorted(self.columns)], axis=0)

    @staticmethod
    def _way(table: np.ndarray, way: list[tuple[int, int]]) -> np.ndarray:
        return np.all([table[:, column] == category for column, category in way], axis=0)


class Namer:
    """Finds what a filter's words mean in some definitions."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.kinds = {name.lower(): name for name in (*definitions.kinds, SUPER)}
        self.roles = {role for _, entry in definitions.columns for role in _named_roles(entry)}
        self.roles |= {
            role for code in definitions.super_posecodes.values() for role in single_roles(code.subject)
        }

    def condition(self, words: list[str], category: str) -> Condition:
        """The one condition meant by `words` (parts and perhaps a kind) and `category`."""
        kinds = [self.kinds[word.lower()] for word in words if word.lower() in self.kinds]
        parts = [word for word in words if word.lower() not in self.kinds and word.lower() not in FILLERS]
        roles = tuple(role for part in parts for role in self._roles(part))
        of_parts = [found for found in self._candidates(roles) if not kinds or found.kind in kinds]
        found = [one for one in of_parts if _same(one.category, category)]
        if len(found) == 1:
            return Condition(found[0].name, found[0].category, found[0].ways)
        raise self._misunderstood(" ".join(words), roles, category, of_parts, found)

    def _misunderstood(
        self,
        what: str,
        roles: tuple[str, ...],
        category: str,
        of_parts: list[_Candidate],
        found: list[_Candidate],
    ) -> InputError:
        if found:
            names = ", ".join(sorted(one.name for one in found))
            return InputError(f"'{what} is {category}' may mean {names}: name the kind or the other part")
        wider = [name for name, categories in self._involving(set(roles)) if _among(category, categories)]
        if wider:
            return InputError(f"'{what} is {category}' needs another part or kind, as in {', '.join(wider)}")
        if not of_parts:
            return InputError(f"no posecode is called '{what}'")
        return unknown_name(f"category of {what}", category, {one.category for one in of_parts})

    def _involving(self, roles: set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Names and categories of the posecodes that involve all `roles`."""
        for kind, entry in self.definitions.columns:
            if roles and roles <= _named_roles(entry):
                yield posecode_name(kind, entry.joints), self.definitions.kinds[kind].categories

    def _roles(self, part: str) -> tuple[str, ...]:
        role = part.lower()
        if role in PAIRS:
            return f"left_{PAIRS[role]}", f"right_{PAIRS[role]}"
        if role not in self.roles:
            raise unknown_name("body part", part, {*self.roles, *PAIRS})
        return (role,)

    def _candidates(self, roles: tuple[str, ...]) -> Iterator[_Candidate]:
        for column, (kind_name, entry) in enumerate(self.definitions.columns):
            kind = self.definitions.kinds[kind_name]
            reverses = _reading(kind.measure, entry, roles)
            if reverses is not None:
                last = len(kind.categories) - 1
                for index, category in enumerate(kind.categories):
                    told = kind.categories[last - index] if reverses else category
                    name = posecode_name(kind_name, entry.joints)
                    yield _Candidate(kind_name, name, told, [[(column, index)]])
        for (name, code), ways in zip(
            self.definitions.super_posecodes.items(), all_ways(self.definitions).values(), strict=True
        ):
            if set(roles) == set(single_roles(code.subject)):
                yield _Candidate(SUPER, posecode_name(SUPER, (name,)), code.category, ways)


@dataclass(frozen=True)
class _Candidate:
    kind: str
    name: str
    category: str
    ways: Ways


def _named_roles(entry: PosecodeEntry) -> set[str]:
    return {*entry.joints, *single_roles(entry.subject or entry.joints[0])}


def _reading(measure_name: str, entry: PosecodeEntry, roles: tuple[str, ...]) -> bool | None:
    """Whether `roles` name the posecode with its categories reversed; None where they do not name it."""
    measure = MEASURES[measure_name]
    if roles == entry.joints:
        return False
    for order, negates in measure.reorderings(entry.joints):
        if roles == order:
            return negates
    subject = single_roles(entry.subject or entry.joints[0])
    told = (*subject, entry.joints[1]) if measure.names_second else subject
    if roles == told or (roles == subject and not measure.names_second):
        return False
    return None


def _among(told: str, categories: tuple[str, ...]) -> bool:
    return any(_same(category, told) for category in categories)


def _same(category: str, told: str) -> bool:
    """Whether `told` is the category, whatever its case and whether its words are joined."""
    return category.replace("_", " ").lower() == told.replace("_", " ").lower()
