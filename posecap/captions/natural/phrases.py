"""Noun phrases and complements: the pieces of a clause.

A text holds marks where the voice of the caption goes: DETERMINER ("the", "his"), FIGURE ("the
person", "he") and BE ("is", "are", the figure's verb).
"""

from __future__ import annotations

from collections.abc import Sequence

from posecap.captions.natural.choice import Choice
from posecap.captions.natural.facts import COUNTERPART, OTHER_SIDE, Lexicon, Predicate, Subject, Target
from posecap.captions.natural.merge import Clause

DETERMINER, FIGURE, BE = "\x01", "\x02", "\x03"
# A participle said twice in a row is said once: "leaning slightly forward and far to the right".
_SHARED_STARTS = ("leaning ", "bent ", "twisted ", "turned ", "tilted ", "tipped ")


def join_list(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`; a comma before "and" where an item has one of its own."""
    if len(items) < 2:
        return "".join(items)
    last = ", and " if any(" and " in item or ", " in item for item in items) else " and "
    return ", ".join(items[:-1]) + last + items[-1]


class Phraser:
    """Makes the pieces of one clause's text with one stream of choices."""

    def __init__(self, lexicon: Lexicon, choice: Choice) -> None:
        self.lexicon = lexicon
        self.noun = lexicon.language.noun
        self.choice = choice

    def subject(self, clause: Clause) -> str:
        """The noun phrase of a clause's subjects."""
        subjects = clause.subjects
        if len(subjects) == 1:
            return self._one_subject(subjects[0], clause)
        sides = {one.side for one in subjects}
        if sides == {"both"}:
            return f"{DETERMINER} {join_list([self.noun(one.part).many for one in subjects])}"
        if len(sides) == 1 and sides <= set(OTHER_SIDE):
            return (
                f"{DETERMINER} {subjects[0].side} {join_list([self.noun(one.part).noun for one in subjects])}"
            )
        return join_list([self.plain(one.side, one.part) for one in subjects])

    def _one_subject(self, subject: Subject, clause: Clause) -> str:
        part = self._alias(subject.part, clause)
        if subject.part == "body":
            return FIGURE
        if subject.side != "both":
            return self.plain(subject.side, part)
        if says_each(clause):
            return f"each {self.noun(part).noun}"
        if any(one.form == "pair" for one in clause.predicates) or self.choice.chance(50):
            return f"{DETERMINER} {self.noun(part).many}"
        return f"both {self.noun(part).many}"

    def _alias(self, part: str, clause: Clause) -> str:
        aliases = self.lexicon.language.aliases
        measures = {one.measure for one in clause.predicates}
        other = aliases.get(next(iter(measures)), {}).get(part) if len(measures) == 1 else None
        return other if other and self.choice.chance(40) else part

    def plain(self, side: str | None, part: str) -> str:
        """`the left elbow`, `both elbows`, `the torso`."""
        noun = self.noun(part)
        if side == "both":
            return f"both {noun.many}"
        return f"{DETERMINER} {side} {noun.noun}" if side else f"{DETERMINER} {noun.noun}"

    def complements(self, clause: Clause) -> list[tuple[str, tuple[int, ...]]]:
        """What follows "is" or "are", one piece per relation, with the statements that each makes."""
        relations: dict[Predicate, list[int]] = {}
        for index, one in enumerate(clause.predicates):
            relations.setdefault(Predicate(one.measure, one.category, one.form), []).append(index)
        bundles = self._same_targets(clause, list(relations.values()))
        return [self._complement(clause, bundle) for bundle in bundles]

    def _same_targets(self, clause: Clause, groups: list[list[int]]) -> list[list[list[int]]]:
        """Relations of position to one and the same target are told in one piece."""
        bundles: dict[object, list[list[int]]] = {}
        for number, group in enumerate(groups):
            first = clause.predicates[group[0]]
            positional = (
                first.form == "two" and first.measure.startswith("relative_position") and len(group) == 1
            )
            inward = first.measure == "relative_position_x" and says_each(clause)
            key = first.target if positional and not inward else number
            bundles.setdefault(key, []).append(group)
        return list(bundles.values())

    def _complement(self, clause: Clause, bundle: list[list[int]]) -> tuple[str, tuple[int, ...]]:
        ids = tuple(i for group in bundle for index in group for i in clause.ids[index])
        subject = clause.subjects[0]
        first = clause.predicates[bundle[0][0]]
        if first.target is None:
            return self._wording(first, subject, clause), ids
        targets = self._targets([clause.predicates[index].target for index in bundle[0]], clause)
        if len(bundle) == 1:
            return self._wording(first, subject, clause).replace("{other}", targets), ids
        short = [self._options(clause.predicates[group[0]], subject, clause)[0] for group in bundle]
        relations = join_list([one.removesuffix(" {other}") for one in short])
        return f"{relations} {targets}", ids

    def _wording(self, predicate: Predicate, subject: Subject, clause: Clause) -> str:
        phrase = self.choice.pick(self._options(predicate, subject, clause))
        single, _, plural = phrase.partition("|")
        return (plural or single if is_plural(clause) else single).replace("{the}", DETERMINER)

    def _options(self, predicate: Predicate, subject: Subject, clause: Clause) -> tuple[str, ...]:
        said = predicate
        if predicate.measure == "relative_position_x" and predicate.target is not None:
            if subject.side == "both" and predicate.target.side == "own":
                said = Predicate(predicate.measure, predicate.category, "each", predicate.target)
            elif subject.side == "right":
                category = self.lexicon.mirrored(predicate.measure, predicate.category)
                said = Predicate(predicate.measure, category, predicate.form, predicate.target)
        return self.lexicon.phrases(said, subject.part)

    def _targets(self, targets: list[Target | None], clause: Clause) -> str:
        named = [one for one in targets if one]
        parts = {one.part for one in named if one.side == "own"} & {
            one.part for one in named if one.side == "opposite"
        }
        whole = [one for one in named if one.part not in parts]
        return join_list(
            [self.plain("both", part) for part in sorted(parts)]
            + [self._target(one, clause) for one in whole]
        )

    def _target(self, target: Target, clause: Clause) -> str:
        side = clause.subjects[0].side or ""
        if target.side == COUNTERPART:
            return self._counterpart(OTHER_SIDE[side], clause)
        if target.side not in ("own", "opposite"):
            return self.plain(target.side, target.part)
        if side == "both":
            return f"{'its own' if target.side == 'own' else 'the opposite'} {self.noun(target.part).noun}"
        return self.plain(side if target.side == "own" else OTHER_SIDE[side], target.part)

    def _counterpart(self, side: str, clause: Clause) -> str:
        if len(clause.subjects) > 1:
            return f"{DETERMINER} {side} ones"
        part = clause.subjects[0].part
        return self.choice.pick(("the other", f"{DETERMINER} {side} one", self.plain(side, part)))


def share_starts(pieces: Sequence[str]) -> list[str]:
    """The pieces without a participle that the piece before them has said already."""
    shared = list(pieces)
    for index in range(1, len(pieces)):
        for start in _SHARED_STARTS:
            if pieces[index].startswith(start) and pieces[index - 1].startswith(start):
                shared[index] = pieces[index].removeprefix(start)
    return shared


def says_each(clause: Clause) -> bool:
    """Whether both versions are spoken of one by one: "each hand is close to its own knee"."""
    return clause.subjects[0].side == "both" and any(one.is_relative for one in clause.predicates)


def is_plural(clause: Clause) -> bool:
    """Number of the verb."""
    return (len(clause.subjects) > 1 or clause.subjects[0].side == "both") and not says_each(clause)
