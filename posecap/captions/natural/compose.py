"""From clauses to segments: what is told in which order, and what shares a segment."""

from __future__ import annotations

from posecap.captions.natural.choice import Choice
from posecap.captions.natural.facts import COUNTERPART, Lexicon, Predicate
from posecap.captions.natural.merge import Clause, other_side
from posecap.captions.natural.pairing import (
    MAX_COMPLEMENTS,
    can_gap,
    contrast,
    contrasts,
    detailed,
    details,
    gapped,
)
from posecap.captions.natural.phrases import FIGURE, Phraser, says_each
from posecap.captions.natural.segment import Ids, Segment, Told, as_segment

MAX_WORDS = 26  # of the complements of one segment


def compose(clauses: list[Clause], lexicon: Lexicon, choice: Choice) -> list[Segment]:
    """Segments that say the clauses, each once."""
    phraser = Phraser(lexicon, choice)
    ordered = _in_order([_turned(one, lexicon, choice) for one in clauses], choice)
    segments: list[Segment] = []
    while ordered:
        clause = ordered.pop(0)
        partner = next((one for one in ordered[:1] if contrasts(clause, one)), None)
        if partner and choice.chance(75):
            ordered.remove(partner)
            segments += contrast(clause, partner, phraser)
            continue
        detail = next((one for one in ordered if details(clause, one)), None)
        if detail and choice.chance(75):
            ordered.remove(detail)
            segments.append(detailed(clause, detail, phraser))
            continue
        same_side = [one for one in ordered[:2] if can_gap(clause, one)]
        if same_side and choice.chance(70):
            ordered = [one for one in ordered if one not in same_side]
            segments.append(gapped([clause, *same_side], phraser))
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
            segments.append(as_segment(told))
    return segments


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
