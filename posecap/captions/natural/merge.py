"""Aggregation: facts of one topic become clauses that say the same, no more and no less.

Three steps, each an equivalence: what is said of all parts of a larger one is said of it (entity);
what is said of left and right alike, seen from their own sides, is said of both (symmetry); subjects
of which exactly the same is said share a clause, and a clause lists all that is said of its subjects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from posecap.captions.natural.facts import COUNTERPART, OTHER_SIDE, Fact, Lexicon, Predicate, Subject

Ids = tuple[int, ...]
Said = dict[Subject, dict[Predicate, Ids]]


class Clause(NamedTuple):
    """Subjects of which the same predicates hold, with the statements of each predicate."""

    subjects: tuple[Subject, ...]
    predicates: tuple[Predicate, ...]
    ids: tuple[Ids, ...]


def merge(facts: Sequence[Fact], lexicon: Lexicon) -> list[Clause]:
    """Clauses of the facts, in the order of their first subjects."""
    said: Said = {}
    for fact in facts:
        own = said.setdefault(fact.subject, {})
        own[fact.predicate] = own.get(fact.predicate, ()) + fact.ids
    _merge_entities(said, lexicon)
    _merge_sides(said, lexicon)
    return _merge_subjects(said)


def _merge_entities(said: Said, lexicon: Lexicon) -> None:
    if all(key.measure != "pitch_roll" for one in said.values() for key in one):
        return
    for entity, parts in lexicon.language.entities.items():
        for side in ("left", "right", "both", None):
            own = [said.get(Subject(side, part), {}) for part in parts]
            shared = [key for key in own[0] if key.measure == "pitch_roll" and all(key in one for one in own)]
            for predicate in shared:
                ids = tuple(i for one in own for i in one.pop(predicate))
                said.setdefault(Subject(side, entity), {})[predicate] = ids
    _drop_empty(said)


def _merge_sides(said: Said, lexicon: Lexicon) -> None:
    for subject in [one for one in said if one.side == "left"]:
        left, right = said[subject], said.get(Subject("right", subject.part), {})
        both = [key for key in left if key in right and _is_alike(key, subject.part, lexicon)]
        for predicate in both:
            ids = left.pop(predicate) + right.pop(predicate)
            said.setdefault(Subject("both", subject.part), {})[predicate] = ids
    _drop_empty(said)


def _is_alike(predicate: Predicate, part: str, lexicon: Lexicon) -> bool:
    """Whether a predicate that left and right share can be said of both of them at once."""
    if predicate.target is None:
        return True
    if predicate.target.side == COUNTERPART:
        return False
    if predicate.measure != "relative_position_x":
        return True
    each = lexicon.language.phrases(predicate.measure, predicate.category, part, "each")
    return predicate.target.side == "own" and bool(each)


def _drop_empty(said: Said) -> None:
    for subject in [one for one, predicates in said.items() if not predicates]:
        del said[subject]


def _merge_subjects(said: Said) -> list[Clause]:
    groups: dict[object, list[Subject]] = {}
    for subject, predicates in said.items():
        key: object = subject
        if all(_is_shareable(one) for one in predicates):
            side = (
                subject.side
                if any(one.target and one.target.side == COUNTERPART for one in predicates)
                else ""
            )
            key = (side, subject.side == "both", subject.part == "body", frozenset(predicates))
        groups.setdefault(key, []).append(subject)
    return [_clause(subjects, said) for subjects in groups.values()]


def _is_shareable(predicate: Predicate) -> bool:
    mirrors = predicate.measure == "relative_position_x"
    return predicate.form != "pair" and not predicate.is_relative and not mirrors


def _clause(subjects: list[Subject], said: Said) -> Clause:
    predicates = tuple(said[subjects[0]])
    ids = tuple(tuple(i for subject in subjects for i in said[subject][one]) for one in predicates)
    return Clause(tuple(subjects), predicates, ids)


def other_side(subject: Subject) -> Subject:
    """The same part on the other side."""
    return Subject(OTHER_SIDE.get(subject.side or "", subject.side), subject.part)
