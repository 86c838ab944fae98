"""Posecode definitions: which relations are measured, how they are thresholded, what may be said.

A definitions file lists kinds; each kind has thresholds, category names and posecodes. Every
category of a posecode that may be told is a *statement*; its place in the file is its id, which is
also the id of its sentence in the bank.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import Field, model_validator

from posecap import manifests
from posecap.errors import unknown_name
from posecap.manifests import Manifest
from posecap.posecodes.measures import MEASURES

if TYPE_CHECKING:
    from posecap.posecodes.mirror import MirrorTable

PLURAL = "both"  # side of a subject that is two parts at once: "both_hands"
SUPER = "super"  # kind name of super-posecodes in statements
Frame = Literal["body", "camera"]


class PosecodeEntry(Manifest):
    """One measured joint set and what may be said of it."""

    joints: tuple[str, ...] = Field(min_length=1, description="roles that are measured")
    subject: str | None = Field(None, description="role that is spoken of, if not the first joint")
    acceptable: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    support_1: tuple[str, ...] = Field((), description="never told itself, only through super-posecodes")
    support_2: tuple[str, ...] = Field((), description="not told where a super-posecode that needs it is")


class Kind(Manifest):
    """A family of posecodes with the same measure, thresholds and category names."""

    measure: str = Field(description="name in posecap.posecodes.measures")
    unit: Literal["degree", "metre"]
    thresholds: tuple[float, ...] = Field(min_length=1, description="ascending; value <= t is below t")
    categories: tuple[str, ...]
    ignored: tuple[str, ...] = Field((), description="categories that are never told")
    ties: Literal["low", "inward"] = Field(
        "low", description="category of a value on a threshold: the lower one, or the one nearer to 0"
    )
    noise: float = Field(0.0, ge=0, description="half width of the uniform tolerance, in the unit")
    posecodes: tuple[PosecodeEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _measure_exists(self) -> Kind:
        if self.measure not in MEASURES:
            raise ValueError(f"measure: {unknown_name('measure', self.measure, MEASURES)}")
        if self.unit != MEASURES[self.measure].unit:
            raise ValueError(f"unit: {self.measure} is measured in {MEASURES[self.measure].unit}")
        return self

    @model_validator(mode="after")
    def _categories_fit(self) -> Kind:
        if list(self.thresholds) != sorted(set(self.thresholds)):
            raise ValueError("thresholds: expected ascending numbers")
        if len(self.categories) != len(self.thresholds) + 1:
            raise ValueError(f"categories: expected {len(self.thresholds) + 1}, one more than thresholds")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError("categories: a name occurs twice")
        unknown = [category for category in self.ignored if category not in self.categories]
        if unknown:
            raise ValueError(f"ignored: '{unknown[0]}' is not a category")
        return self

    @model_validator(mode="after")
    def _posecodes_fit(self) -> Kind:
        expected = MEASURES[self.measure].num_joints
        seen = set()
        for code in self.posecodes:
            name = "|".join(code.joints)
            if len(code.joints) != expected:
                raise ValueError(
                    f"{name}: joints: {self.measure} measures {expected}, got {len(code.joints)}"
                )
            if code.joints in seen:
                raise ValueError(f"{name}: joints: the same posecode stands there twice")
            seen.add(code.joints)
            problem = self._problem_of_marks(code)
            if problem:
                raise ValueError(f"{name}: {problem}")
        return self

    def _problem_of_marks(self, code: PosecodeEntry) -> str | None:
        for field in ("acceptable", "rare", "support_1", "support_2"):
            for category in getattr(code, field):
                if category not in self.categories:
                    return f"{field}: '{category}' is not a category; known: {', '.join(self.categories)}"
                if category not in code.acceptable:
                    return f"{field}: '{category}' is not acceptable"
        told_but_ignored = set(code.acceptable) & set(self.ignored)
        return f"acceptable: '{told_but_ignored.pop()}' is ignored" if told_but_ignored else None


class Requirement(Manifest):
    """One condition of a super-posecode's way."""

    kind: str
    joints: tuple[str, ...]
    category: str


class SuperPosecode(Manifest):
    """A relation told when one of several conjunctions of posecodes holds."""

    subject: str
    category: str
    rare: bool = False
    ways: tuple[tuple[Requirement, ...], ...] = Field(min_length=1)


@dataclass(frozen=True)
class Statement:
    """A posecode with one of its describable categories, asserted.

    `posecode` is the column in the flat table of all posecodes (super-posecodes: -1, and
    `super_posecode` is their index). `subject` and `object` are the parts a sentence speaks of.
    """

    id: int
    kind: str
    joints: tuple[str, ...]
    subject: str
    object: str | None
    category: str
    posecode: int
    category_index: int
    super_posecode: int
    rare: bool
    support: int
    mirror: int
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """Stable text form, `kind(role, role)=category`."""
        return f"{self.kind}({', '.join(self.joints)})={self.category}"


class Definitions(Manifest):
    """A whole definitions file."""

    name: str
    description: str
    kinds: dict[str, Kind]
    super_posecodes: dict[str, SuperPosecode] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _requirements_exist(self) -> Definitions:
        for name, code in self.super_posecodes.items():
            for need in (need for way in code.ways for need in way):
                problem = self._problem_of(need)
                if problem:
                    raise ValueError(f"super_posecodes.{name}: ways: {problem}")
        return self

    def _problem_of(self, need: Requirement) -> str | None:
        if need.kind not in self.kinds:
            return f"kind '{need.kind}' is not defined"
        if not self.has_column(need.kind, need.joints):
            return f"{need.kind} has no posecode [{', '.join(need.joints)}]"
        if need.category not in self.kinds[need.kind].categories:
            return f"'{need.category}' is not a category of {need.kind}"
        return None

    @cached_property
    def sha256(self) -> str:
        """Hash of the content, independent of the file's layout."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @cached_property
    def columns(self) -> tuple[tuple[str, PosecodeEntry], ...]:
        """The flat table of posecodes: (kind name, entry), in file order."""
        return tuple((name, entry) for name, kind in self.kinds.items() for entry in kind.posecodes)

    def column(self, kind: str, joints: tuple[str, ...]) -> int:
        """Place of a posecode in `columns`; KeyError where there is none."""
        return self._column_of[(kind, joints)]

    def has_column(self, kind: str, joints: tuple[str, ...]) -> bool:
        """Whether there is such a posecode."""
        return (kind, joints) in self._column_of

    @cached_property
    def _column_of(self) -> dict[tuple[str, tuple[str, ...]], int]:
        return {(kind, entry.joints): index for index, (kind, entry) in enumerate(self.columns)}

    @cached_property
    def mirror(self) -> MirrorTable:
        """The left/right mirror image of every column."""
        from posecap.posecodes.mirror import mirror_table

        return mirror_table(self)

    def mirror_categories(self, categories: np.ndarray) -> np.ndarray:
        """Categories (..., K) int8 of the left/right mirrored poses.

        -1 (not measured) stays -1; a column without a mirror image becomes -1.
        """
        return self.mirror.categories(categories)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement, posecodes first in file order, then super-posecodes."""
        from posecap.posecodes.statements import list_statements

        return list_statements(self)

    @cached_property
    def mirror_ids(self) -> np.ndarray:
        """(S,) id of each statement's left/right mirror image, -1 where the file has none."""
        return np.array([statement.mirror for statement in self.statements], np.int32)


@lru_cache(maxsize=32)
def load_definitions(name: str) -> Definitions:
    """Shipped definitions `name`, or those of a user's `.yaml` file."""
    return manifests.load("posecodes", name, Definitions, what="posecode definitions")
