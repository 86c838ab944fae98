"""Posecode definitions: which relations are measured, how they are thresholded, what may be said.

A definitions file lists kinds; each kind has thresholds, category names and posecodes. Every
category of a posecode that may be told is a *statement*; its place in the file is its id, which is
also the id of its sentence in the bank.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field, model_validator

from posecap import manifests
from posecap.manifests import Manifest
from posecap.posecodes.entries import (
    Kind,
    PosecodeEntry,
    RemovalRule,
    Requirement,
    Statistics,
    SuperPosecode,
)

if TYPE_CHECKING:
    from posecap.posecodes.mirror import MirrorTable

PLURAL = "both"  # side of a subject that is two parts at once: "both_hands"
SUPER = "super"  # kind name of super-posecodes in statements


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
        return f"{posecode_name(self.kind, self.joints)}={self.category}"


class Definitions(Manifest):
    """A whole definitions file."""

    name: str
    description: str
    kinds: dict[str, Kind] = Field(min_length=1)
    super_posecodes: dict[str, SuperPosecode] = Field(default_factory=dict)
    removal_rules: tuple[RemovalRule, ...] = ()
    statistics: Statistics | None = None

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

    @model_validator(mode="after")
    def _rules_name_statements(self) -> Definitions:
        if self.removal_rules:
            names = {statement.name for statement in self.statements}
            for index, rule in enumerate(self.removal_rules):
                unknown = {*rule.given, rule.remove} - names
                if unknown:
                    raise ValueError(f"removal_rules.{index}: '{unknown.pop()}' is not a statement")
        return self

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
    def statement_ids(self) -> dict[str, int]:
        """Ids by statement name."""
        return {statement.name: statement.id for statement in self.statements}

    @cached_property
    def mirror_ids(self) -> np.ndarray:
        """(S,) id of each statement's left/right mirror image, -1 where the file has none."""
        return np.array([statement.mirror for statement in self.statements], np.int32)


def posecode_name(kind: str, joints: Sequence[str]) -> str:
    """Stable text form of a posecode, `kind(role, role)`."""
    return f"{kind}({', '.join(joints)})"


def load_definitions(name: str) -> Definitions:
    """Shipped definitions `name`, or those of a user's `.yaml` file."""
    return manifests.load("posecodes", name, Definitions, what="posecode definitions")
