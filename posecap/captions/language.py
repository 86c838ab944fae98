"""The language manifest: nouns of the body's parts and the wording of each category."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from pydantic import Field, model_validator

from posecap import manifests
from posecap.manifests import Manifest

SIDES = ("left", "right", "both")


class Noun(Manifest):
    """What a part of the body is called."""

    noun: str
    plural: str | None = None

    @property
    def many(self) -> str:
        return self.plural or f"{self.noun}s"


class Wording(Manifest):
    """The canonical wordings of one category: of one part, of two, of a left and right pair."""

    one: str | None = None
    two: str | None = None
    pair: str | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Wording:
        if not (self.one or self.two or self.pair):
            raise ValueError("expected at least one of: one, two, pair")
        return self


class Language(Manifest):
    """A whole language file."""

    name: str
    language: str
    parts: dict[str, Noun] = Field(description="head to foot")
    nothing: str = Field(description="caption of a pose of which nothing is told")
    canonical: dict[str, dict[str, Wording]] = Field(description="measure -> category -> wording")

    @cached_property
    def part_order(self) -> dict[str, int]:
        return {part: index for index, part in enumerate(self.parts)}

    def noun(self, part: str) -> Noun:
        """Noun of a part; a part that the file lacks is called by its own name."""
        return self.parts.get(part) or Noun(noun=part.replace("_", " "))

    def split(self, role: str) -> Role:
        """The side and the part of a role; `both_feet` is the part `foot` on both sides."""
        side, _, rest = role.partition("_")
        if side not in SIDES or not rest:
            return Role(None, role)
        if side != "both":
            return Role(side, rest)
        singular = (part for part, noun in self.parts.items() if noun.many.replace(" ", "") == rest)
        return Role("both", next(singular, rest.removesuffix("s")))


@dataclass(frozen=True)
class Role:
    """A role as language sees it."""

    side: str | None
    part: str


@lru_cache(maxsize=8)
def load_language(name: str = "en") -> Language:
    """The shipped language `name`, or one in a user's `.yaml` file; InputError where there is none."""
    return manifests.load("language", name, Language)
