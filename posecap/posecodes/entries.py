"""The entries of a posecode definitions file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat, model_validator

from posecap.errors import unknown_name
from posecap.manifests import Manifest
from posecap.posecodes.measures import MEASURES

Role = Annotated[str, Field(pattern=r"^\w+$")]


class PosecodeEntry(Manifest):
    """One measured joint set and what may be said of it."""

    joints: tuple[Role, ...] = Field(min_length=1, description="roles that are measured")
    subject: Role | None = Field(None, description="role that is spoken of, if not the first joint")
    acceptable: tuple[str, ...] = ()
    rare: tuple[str, ...] = ()
    support_1: tuple[str, ...] = Field((), description="never told itself, only through super-posecodes")
    support_2: tuple[str, ...] = Field((), description="not told where a super-posecode that needs it is")


class Kind(Manifest):
    """A family of posecodes with the same measure, thresholds and category names."""

    measure: str = Field(description="name in posecap.posecodes.measures")
    unit: Literal["degree", "metre"]
    thresholds: tuple[FiniteFloat, ...] = Field(min_length=1, description="ascending; value <= t is below t")
    categories: tuple[str, ...]
    ignored: tuple[str, ...] = Field((), description="categories that are never told")
    ties: Literal["low", "inward"] = Field(
        "low", description="category of a value on a threshold: the lower one, or the one nearer to 0"
    )
    noise: FiniteFloat = Field(0.0, ge=0, description="half width of the uniform tolerance, in the unit")
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

    subject: Role
    category: str
    rare: bool = False
    ways: tuple[Annotated[tuple[Requirement, ...], Field(min_length=1)], ...] = Field(min_length=1)


class RemovalRule(Manifest):
    """A statement that goes without saying where others are told (counted on poses)."""

    given: tuple[str, ...] = Field(min_length=1, max_length=2, description="names of the statements told")
    remove: str = Field(description="name of the statement that is left unsaid")
    poses: int = Field(ge=0, description="poses with all three, or both")
    of: int = Field(ge=0, description="poses with the given ones")


class Statistics(Manifest):
    """How often each category was measured, on which poses."""

    source: str
    poses: int = Field(ge=0)
    counts: dict[str, tuple[int, ...]] = Field(description="by posecode, over its categories")
