"""The language manifest: nouns of the body's parts and the wording of each category."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field, model_validator

from posecap import manifests
from posecap.manifests import Manifest

SIDES = ("left", "right", "both")
Text = Annotated[str, Field(min_length=1)]
_PLACES = {"one": {"part"}, "two": {"part", "other"}, "pair": {"parts", "left", "right"}}


class Noun(Manifest):
    """What a part of the body is called, and the limb that it is told with."""

    noun: Text
    plural: Text | None = None
    limb: str = "other"

    @property
    def many(self) -> str:
        return self.plural or f"{self.noun}s"


class Voice(Manifest):
    """How a caption speaks of the person: `his left hand`, `he is`."""

    determiner: Text
    figure: Text
    be: Text
    have: Text
    weight: int = Field(ge=1)


class Wording(Manifest):
    """The canonical wordings of one category: of one part, of two, of a left and right pair."""

    one: Text | None = None
    two: Text | None = None
    pair: Text | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Wording:
        if not (self.one or self.two or self.pair):
            raise ValueError("expected at least one of: one, two, pair")
        for form, places in _PLACES.items():
            _check_places(getattr(self, form) or "", places)
        return self


Form = Literal["one", "two", "pair", "each"]


class Phrases(Manifest):
    """Natural wordings of one category, by what they are said of; `singular|plural` where they differ."""

    one: tuple[Text, ...] = ()
    two: tuple[Text, ...] = ()
    pair: tuple[Text, ...] = ()
    each: tuple[Text, ...] = ()

    @model_validator(mode="after")
    def _placeholders(self) -> Phrases:
        for phrase in (*self.one, *self.pair):
            _check_places(phrase, {"the"})
        for phrase in (*self.two, *self.each):
            _check_places(phrase, {"the", "other"})
            if "{other}" not in phrase:
                raise ValueError(f"'{phrase}' lacks {{other}}")
        return self


class Language(Manifest):
    """A whole language file."""

    name: str
    language: str
    parts: dict[str, Noun] = Field(description="head to foot")
    nothing: Text = Field(description="caption of a pose of which nothing is told")
    action: str = Field('The action is "{label}".', description="sentence that names an activity")
    canonical: dict[str, dict[str, Wording]] = Field(description="measure -> category -> wording")

    natural: dict[str, dict[str, Phrases]] = Field({}, description="measure -> category -> wordings")
    voices: tuple[Voice, ...] = Field((), description="ways to speak of the person, one per caption")
    entities: dict[str, Annotated[tuple[Text, ...], Field(min_length=1)]] = Field(
        {}, description="larger part -> parts that make it up"
    )
    aliases: dict[str, dict[str, str]] = Field({}, description="measure -> part -> another name of it")

    @model_validator(mode="after")
    def _action_names_its_label(self) -> Language:
        _check_places(self.action, {"label"})
        if "{label}" not in self.action:
            raise ValueError(f"action: '{self.action}' lacks {{label}}")
        return self

    @cached_property
    def sha256(self) -> str:
        """Hash of the content, independent of the file's layout."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @cached_property
    def part_order(self) -> dict[str, int]:
        return {part: index for index, part in enumerate(self.parts)}

    def noun(self, part: str) -> Noun:
        """Noun of a part; a part that the file lacks is called by its own name."""
        return self.parts.get(part) or Noun(noun=part.replace("_", " "))

    def phrases(self, measure: str, category: str, part: str, form: Form) -> tuple[str, ...]:
        """Natural wordings of a category said of `part`, empty where the file has none."""
        by_category = self.natural.get(measure, {})
        for key in (f"{category} of {part}", category):
            found = getattr(by_category.get(key), form, ())
            if found:
                return found
        return ()

    def split(self, role: str) -> Role:
        """The side and the part of a role; `both_feet` is the part `foot` on both sides."""
        side, _, rest = role.partition("_")
        if side not in SIDES or not rest:
            return Role(None, role)
        if side != "both":
            return Role(side, rest)
        singular = (part for part, noun in self.parts.items() if noun.many.replace(" ", "") == rest)
        return Role("both", next(singular, rest.removesuffix("s")))


def _check_places(text: str, known: set[str]) -> None:
    """ValueError where `text` has another place to fill in than {these}."""
    for _, place, form, conversion in string.Formatter().parse(text):
        if place is not None and (place not in known or form or conversion):
            expected = ", ".join(f"{{{name}}}" for name in sorted(known))
            raise ValueError(f"'{text}': unknown {{{place}}}, expected {expected}")


@dataclass(frozen=True)
class Role:
    """A role as language sees it."""

    side: str | None
    part: str


def load_language(name: str = "en") -> Language:
    """The shipped language `name`, or one in a user's `.yaml` file; InputError where there is none."""
    return manifests.load("language", name, Language)
