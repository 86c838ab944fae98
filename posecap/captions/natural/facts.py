"""Statements as facts that grammar can work on: who, what, of whom."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

from posecap.captions.bank import measure_of, sentence
from posecap.captions.language import Form, Language
from posecap.posecodes.definitions import Definitions, Statement
from posecap.posecodes.measures import MEASURES

OTHER_SIDE = {"left": "right", "right": "left"}
COUNTERPART = "counterpart"  # the other one of a pair, whatever the part


class Target(NamedTuple):
    """The second part of a relation, seen from the first: `own`, `opposite` or `both` side, or none."""

    side: str | None
    part: str


class Predicate(NamedTuple):
    """What is said of a subject. Where left and right are mirrored, `category` is that of the left."""

    measure: str
    category: str
    form: Form
    target: Target | None = None

    @property
    def is_relative(self) -> bool:
        """Whether it speaks of sides seen from the subject, so that `both` needs the word `each`."""
        return self.target is not None and self.target.side in ("own", "opposite")


class Subject(NamedTuple):
    """A part on one side, on both, or without sides."""

    side: str | None
    part: str


class Fact(NamedTuple):
    """One predicate of one subject, and the statements that it makes."""

    subject: Subject
    predicate: Predicate
    ids: tuple[int, ...]


class Lexicon:
    """Everything that definitions and language together fix: facts, wordings, opposites."""

    def __init__(self, definitions: Definitions, language: Language) -> None:
        self.definitions = definitions
        self.language = language

    @cached_property
    def facts(self) -> tuple[Fact, ...]:
        """The fact of every statement, in id order."""
        return tuple(self._fact(statement) for statement in self.definitions.statements)

    def _fact(self, statement: Statement) -> Fact:
        split = self.language.split
        role, second = split(statement.subject), statement.object and split(statement.object)
        subject, measure = Subject(role.side, role.part), measure_of(statement, self.definitions)
        category = statement.category
        paired = role.side == "both" or (
            second and second.part == role.part and second.side == OTHER_SIDE.get(role.side or "")
        )
        if paired and self.phrases(Predicate(measure, category, "pair"), role.part):
            return Fact(Subject("both", role.part), Predicate(measure, category, "pair"), (statement.id,))
        if not second:
            return Fact(subject, Predicate(measure, category, "one"), (statement.id,))
        if role.side == "right":
            category = self.mirrored(measure, category)
        return Fact(
            subject,
            Predicate(measure, category, "two", self._target(subject, second.side, second.part)),
            (statement.id,),
        )

    def _target(self, subject: Subject, side: str | None, part: str) -> Target:
        if subject.side not in OTHER_SIDE or side not in OTHER_SIDE:
            return Target(side, part)
        if part == subject.part:
            return Target(COUNTERPART, "")
        return Target("own" if side == subject.side else "opposite", part)

    def mirrored(self, measure: str, category: str) -> str:
        """The category of a relation after left and right are swapped."""
        negates = measure in MEASURES and MEASURES[measure].mirror_negates
        return self.opposite(measure, category) if negates else category

    def opposite(self, measure: str, category: str) -> str:
        """The category of a relation after its two parts are swapped; the same where order is nothing."""
        return self._opposites.get((measure, category), category)

    @cached_property
    def _opposites(self) -> dict[tuple[str, str], str]:
        return {
            (kind.measure, own): other
            for kind in self.definitions.kinds.values()
            if kind.measure.startswith("relative_position")
            for own, other in zip(kind.categories, reversed(kind.categories), strict=True)
        }

    def phrases(self, predicate: Predicate, part: str) -> tuple[str, ...]:
        """Wordings of a predicate said of `part`; where it has none, one made from the canonical."""
        own = self.language.phrases(predicate.measure, predicate.category, part, predicate.form)
        return own or self._canonical(predicate)

    def _canonical(self, predicate: Predicate) -> tuple[str, ...]:
        wording = self.language.canonical.get(predicate.measure, {}).get(predicate.category)
        template = getattr(wording, predicate.form, None) if wording else None
        starts = ("{part} is ", "{parts} are ")
        start = next((one for one in starts if template and template.startswith(one)), None)
        return (template.removeprefix(start),) if template and start else ()

    def can_say(self, fact: Fact) -> bool:
        """Whether the fact has a wording that can be combined; else its canonical sentence is used."""
        return bool(self.phrases(fact.predicate, fact.subject.part))

    def canonical_clause(self, statement_id: int) -> str:
        """The canonical sentence as a clause: small letter, no full stop."""
        text = sentence(self.definitions.statements[statement_id], self.definitions, self.language)
        return text[0].lower() + text[1:-1]
