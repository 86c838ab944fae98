"""Segments: finite clauses of text that a caption strings together."""

from __future__ import annotations

from typing import NamedTuple

from posecap.captions.natural.merge import Clause
from posecap.captions.natural.phrases import (
    BE,
    DETERMINER,
    FIGURE,
    Phraser,
    is_plural,
    join_list,
    share_starts,
)

Ids = tuple[int, ...]


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


def tell(clause: Clause, phraser: Phraser) -> Told:
    """A clause in words."""
    pieces = phraser.complements(clause)
    return Told(
        clause,
        phraser.subject(clause),
        [text for text, _ in pieces],
        tuple(i for _, ids in pieces for i in ids),
    )


def as_segment(told: Told) -> Segment:
    """A clause as a segment of its own."""
    verbless = "" if told.subject == FIGURE else f"{told.subject} {told.predicate}"
    key = told.subject.removeprefix("both ").removeprefix(DETERMINER + " ")
    key = "" if told.subject.startswith("each ") or len(told.clause.subjects) > 1 else key
    text = f"{told.subject} {told.be} {told.predicate}"
    return Segment(text, verbless, told.ids, subject=key, predicate=told.predicate)
