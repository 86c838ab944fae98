"""From clauses to segments: finite clauses of text that the caption strings together."""

from __future__ import annotations

from typing import NamedTuple

from posecap.captions.natural.choice import Choice
from posecap.captions.natural.facts import COUNTERPART, OTHER_SIDE, Lexicon, Predicate
from posecap.captions.natural.merge import Clause, other_side
from posecap.captions.natural.phrases import (
    BE,
    DETERMINER,
    FIGURE,
    Phraser,
    is_plural,
    join_list,
    says_each,
    share_starts,
)

Ids = tuple[int, ...]
MAX_COMPLEMENTS = 3
MAX_WORDS = 26


class Segment(NamedTuple):
    """A finite clause, small letter, no full stop, with the marks of `phrases`.

    `verbless` is the same for use after "with", empty where it has none; `contrasts` tells that it
    is long already and takes no "while", `follows` that it must come right after the segment before it.
    `subject` is a key of what it speaks of, and `predicate` what it says after the verb: two segments in a
    row with one subject can share it.
    """

    text: str
    verbless: str
    ids: Ids
    contrasts: bool = False
    follows: bool = False
    subject: str = ""
    predicate: str = ""


class Told(NamedTuple):
    """A clause put into words, still in pieces."""

    clause: Clause
    subject: str
    pieces: list[str]
    ids: Ids

    @property
    def be(self) -> str:
        return BE if self.subject == FIGURE else "are" if is_plural(self.clause) else "is"

    @property
    def predicate(self) -> str:
        return join_list(share_starts(self.pieces))


def compose(clauses: list[Clause], lexicon: Lexicon, choice: Choice) -> list[Segment]:
    """Segments that say the clauses, each once."""
    phraser = Phraser(lexicon, choice)
    ordered = _in_order([_turned(one, lexicon, choice) for one in clauses], choice)
    segments: list[Segment] = []
    while ordered:
        clause = ordered.pop(0)
        partner = next((one for one in ordered[:1] if _contrasts(clause, one)), None)
        if partner and choice.chance(75):
            ordered.remove(partner)
            segments += _contrast(clause, partner, phraser)
            continue
        detail = next((one for one in ordered if _details(clause, one)), None)
        if detail and choice.chance(75):
            ordered.remove(detail)
            segments.append(_detailed(clause, detail, phraser))
            continue
        same_side = [one for one in ordered[:2] if _can_gap(clause, one)]
        if same_side and choice.chance(70):
            ordered = [one for one in ordered if one not in same_side]
            segments.append(_gapped([clause, *same_side], phraser))
            continue
        segments += _plain(clause, phraser)
    return segments


def _in_order(clauses: list[Clause], choice: Choice) -> list[Clause]:
    """Both sides before one side; the right before the left in half of the cases."""
    first = choice.pick(("left", "right"))
    rank = {"both": 0, None: 0, first: 1}
    return sorted(clauses, key=lambda one: rank.get(one.subjects[0].side, 2))


def _turned(clause: Clause, lexicon: Lexicon, choice: Choice) -> Clause:
    """A relation between left and right, told from the other side in half of the cases."""
    if any(
        one.target is None or one.target.side != COUNTERPART for one in clause.predicates
    ) or choice.chance(50):
        return clause
    turned = tuple(one._replace(category=_from_other_side(one, lexicon)) for one in clause.predicates)
    return Clause(tuple(other_side(one) for one in clause.subjects), turned, clause.ids)


def _from_other_side(predicate: Predicate, lexicon: Lexicon) -> str:
    return lexicon.mirrored(predicate.measure, lexicon.opposite(predicate.measure, predicate.category))


def _tell(clause: Clause, phraser: Phraser) -> Told:
    pieces = phraser.complements(clause)
    return Told(
        clause,
        phraser.subject(clause),
        [text for text, _ in pieces],
        tuple(i for _, ids in pieces for i in ids),
    )


def _plain(clause: Clause, phraser: Phraser) -> list[Segment]:
    """One segment, or several where there is too much to say: "It is also ..."."""
    pieces = phraser.complements(clause)
    subject = phraser.subject(clause)
    segments: list[Segment] = []
    for part in _chunks(pieces):
        told = Told(clause, subject, [text for text, _ in part], tuple(i for _, ids in part for i in ids))
        if segments:
            told = told._replace(subject=_again(told))
            segments.append(
                Segment(f"{told.subject} {told.be} also {told.predicate}", "", told.ids, False, True)
            )
        else:
            segments.append(_segment(told))
    return segments


def _segment(told: Told) -> Segment:
    verbless = "" if told.subject == FIGURE else f"{told.subject} {told.predicate}"
    key = told.subject.removeprefix("both ").removeprefix(DETERMINER + " ")
    key = "" if told.subject.startswith("each ") or len(told.clause.subjects) > 1 else key
    text = f"{told.subject} {told.be} {told.predicate}"
    return Segment(text, verbless, told.ids, subject=key, predicate=told.predicate)


def _again(told: Told) -> str:
    """How a subject is named the second time."""
    if told.subject == FIGURE:
        return FIGURE
    if len(told.clause.subjects) > 1:
        return told.subject
    if told.clause.subjects[0].side == "both":
        return "each" if says_each(told.clause) else "both"
    return "it"


def _chunks(pieces: list[tuple[str, Ids]]) -> list[list[tuple[str, Ids]]]:
    chunks: list[list[tuple[str, Ids]]] = [[]]
    for piece in pieces:
        words = sum(text.count(" ") + 1 for text, _ in [*chunks[-1], piece])
        if chunks[-1] and (len(chunks[-1]) == MAX_COMPLEMENTS or words > MAX_WORDS):
            chunks.append([])
        chunks[-1].append(piece)
    return chunks


def _contrasts(one: Clause, two: Clause) -> bool:
    """Whether two clauses speak of the left and the right version of the same parts."""
    return (
        one.subjects[0].side in OTHER_SIDE
        and two.subjects == tuple(other_side(subject) for subject in one.subjects)
        and len({subject.side for subject in one.subjects}) == 1
        and len(one.predicates) <= 2
        and len(two.predicates) <= 2
    )


def _contrast(one: Clause, two: Clause, phraser: Phraser) -> list[Segment]:
    first, second = _tell(one, phraser), _tell(two, phraser)
    target = _shared_target(one, two, phraser)
    if target:
        second = second._replace(pieces=[piece.replace(target, "it") for piece in second.pieces])
    side = two.subjects[0].side
    if len(two.subjects) > 1:
        name = f"{DETERMINER} {side} ones"
    else:
        name = phraser.choice.pick(("the other", f"{DETERMINER} {side} one", f"{DETERMINER} {side} one"))
    text = f"{first.subject} {first.be} {first.predicate}"
    verbless = f"{first.subject} {first.predicate} and {name} {second.predicate}"
    link = phraser.choice.pick((" while ", ", while ", ", and "))
    whole = f"{text}{link}{name} {second.be} {second.predicate}"
    if whole.count(" ") > 32:
        return [_segment(first), _segment(second)]
    return [Segment(whole, verbless, first.ids + second.ids, contrasts=True)]


def _shared_target(one: Clause, two: Clause, phraser: Phraser) -> str:
    """The noun phrase that is the second part of both clauses, if there is one without sides."""
    targets = {predicate.target for clause in (one, two) for predicate in clause.predicates}
    target = targets.pop() if len(targets) == 1 else None
    return phraser.plain(target.side, target.part) if target and target.side is None else ""


def _details(pair: Clause, one: Clause) -> bool:
    """Whether `one` tells how the two parts that `pair` speaks of stand to each other."""
    subject = pair.subjects[0]
    return (
        len(pair.subjects) == len(one.subjects) == 1
        and subject.side == "both"
        and one.subjects[0].part == subject.part
        and len(pair.predicates) <= MAX_COMPLEMENTS
        and all(predicate.target and predicate.target.side == COUNTERPART for predicate in one.predicates)
    )


def _detailed(pair: Clause, one: Clause, phraser: Phraser) -> Segment:
    """`the hands are spread apart, the left one above the other`."""
    first, second = _tell(pair, phraser), _tell(one, phraser)
    predicate = second.predicate
    for name in (phraser.plain(side, one.subjects[0].part) for side in OTHER_SIDE):
        predicate = predicate.replace(name, "the other")
    name = f"{DETERMINER} {one.subjects[0].side} one"
    text = f"{first.subject} {first.be} {first.predicate}, {name} {predicate}"
    return Segment(text, "", first.ids + second.ids, contrasts=True)


def _can_gap(one: Clause, two: Clause) -> bool:
    """Whether `two` can follow `one` without side and verb: "..., the forearm horizontal"."""
    lone = len(one.subjects) == len(two.subjects) == len(two.predicates) == 1
    side, other = one.subjects[0].side, two.subjects[0].side
    bare = all(
        clause.predicates[0].target is None and clause.predicates[0].form == "one" for clause in (one, two)
    )
    return lone and bare and len(one.predicates) == 1 and side == other and side is not None


def _gapped(clauses: list[Clause], phraser: Phraser) -> Segment:
    told = [_tell(clause, phraser) for clause in clauses]
    short = [f"{_short(one.clause, phraser)} {one.predicate}" for one in told[1:]]
    first = f"{told[0].subject} {told[0].be} {told[0].predicate}"
    rest = f", {short[0]}" if len(short) == 1 else f", {' and '.join(short)}"
    return Segment(first + rest, "", tuple(i for one in told for i in one.ids), contrasts=True)


def _short(clause: Clause, phraser: Phraser) -> str:
    noun = phraser.noun(clause.subjects[0].part)
    return f"{DETERMINER} {noun.many if clause.subjects[0].side == 'both' else noun.noun}"
