"""Segments strung together into captions: where sentences end, and what joins clauses."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from posecap.captions.hashing import below, salted
from posecap.captions.natural.store import CAPITAL, PREDICATE, SMALL, VERBLESS, SegmentStore
from posecap.captions.types import Caption, CaptionSentence

MAX_WORDS = 36  # of a sentence made of several segments
MAX_SEGMENTS = 3  # of a sentence
LEADING = ("body", "trunk", "head")  # limbs that any other may follow in one sentence
START, HAVE, AND, WHILE, WITH, AND_WITH, SAME = range(7)  # how a segment is joined to what is before it
_FORMS = np.array([CAPITAL, VERBLESS, SMALL, SMALL, VERBLESS, VERBLESS, PREDICATE])


def assemble(
    segments: np.ndarray, counts: np.ndarray, hashes: np.ndarray, store: SegmentStore
) -> list[Caption]:
    """Captions of U states.

    `segments` (F,) are the segments of all states in a row, in the order they are told, `counts`
    (U,) how many each state has, `hashes` (U,) uint64 what chooses voice and joints.
    """
    rows = np.repeat(np.arange(len(counts)), counts)
    starts = np.cumsum(counts) - counts
    joints = _joints(segments, counts, starts, hashes, store)
    voices = _voices(hashes, store)[rows]
    pieces = np.empty((len(segments), 2), object)
    pieces[:, 0] = _joint_texts(store)[voices, joints]
    begins = starts[counts > 0]
    pieces[begins, 0] = _joint_texts(store, is_first=True)[voices[begins], joints[begins]]
    pieces[:, 1] = store.texts[segments, voices, _FORMS[joints]]
    batch = _Batch(pieces.ravel().tolist(), segments, joints, [0, *np.cumsum(counts).tolist()], store.ids)
    return [Caption(batch.text(row), None, batch, row) for row in range(len(counts))]


def _joint_texts(store: SegmentStore, is_first: bool = False) -> np.ndarray:
    """(voices, joints) what stands before a segment."""
    stop = "" if is_first else ". "
    return np.array(
        [
            [
                stop,
                f"{stop}{one.figure[0].upper()}{one.figure[1:]} {one.have} ",
                ", and ",
                " while ",
                ", with ",
                " and ",
                " and ",
            ]
            for one in store.voices
        ],
        object,
    )


def _voices(hashes: np.ndarray, store: SegmentStore) -> np.ndarray:
    weights = [voice.weight for voice in store.voices]
    wheel = np.repeat(np.arange(len(weights)), weights)
    return wheel[below(salted(hashes, 1), len(wheel))]


def _joints(
    segments: np.ndarray, counts: np.ndarray, starts: np.ndarray, hashes: np.ndarray, store: SegmentStore
) -> np.ndarray:
    """How each segment is joined to the one before it, position by position over all states at once."""
    joints = np.zeros(len(segments), np.int8)
    state = _Sentences(len(counts), np.array([limb in LEADING for limb in (*store.limbs, "")]))
    for position in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > position)
        places = starts[rows] + position
        draw = below(salted(hashes[rows], 100 + position), 100)
        joints[places] = state.join(rows, store.facts[segments[places]].T, draw, position == 0)
    return joints


class _Sentences:
    """The sentence that each state is in the middle of."""

    def __init__(self, num_states: int, leads: np.ndarray) -> None:
        self.words, self.segments, self.links, self.last, self.limb, self.subject = np.zeros(
            (6, num_states), np.int32
        )
        self.lists = np.zeros(num_states, bool)  # whether its last segment has an "and" of its own
        self.has_had = np.zeros(num_states, bool)  # whether a sentence of the caption began "She has"
        self.leads = leads  # (limbs,) whether any limb may follow in the same sentence

    def join(self, rows: np.ndarray, facts: np.ndarray, draw: np.ndarray, is_first: bool) -> np.ndarray:
        """Joints of the next segments of `rows`; the sentences they are in move on."""
        words, verbless, lists, contrasts, follows, limb, subject = facts
        last, links = self.last[rows], self.links[rows]
        alike = self.limb[rows] == limb
        near = alike | self.leads[self.limb[rows]]
        room = (self.segments[rows] < MAX_SEGMENTS) & (self.words[rows] + words < MAX_WORDS) & (not is_first)
        bare = (last == WITH) | (last == AND_WITH) | (last == HAVE)
        again = (subject > 0) & (self.subject[rows] == subject)
        free = room & ~bare & ~again & (near | (draw % 10 < 2))
        having = (draw >= 82) & (verbless > 0) & ~self.has_had[rows] & ~self.leads[limb]
        joint = np.where(having, HAVE, START)
        joint[free & (draw < 22) & (last != AND) & (links + contrasts == 0)] = AND
        joint[free & alike & (draw >= 22) & (draw < 36) & (links + contrasts + follows == 0)] = WHILE
        joint[free & (draw >= 36) & (draw < 62) & (verbless > 0) & (links < 2)] = WITH
        listing = ((last == WITH) | (last == HAVE)) & ~self.lists[rows]
        joint[room & near & listing & (verbless > 0) & (lists == 0) & (draw < 45)] = AND_WITH
        joint[room & again & ~self.lists[rows] & (draw < 80) & (last != SAME)] = SAME
        fresh = (joint == START) | (joint == HAVE)
        self.words[rows] = np.where(fresh, 2, self.words[rows]) + words + 1
        self.segments[rows] = np.where(fresh, 0, self.segments[rows]) + 1
        self.links[rows] = np.where(fresh, 0, links) + contrasts + (joint == WHILE) + (joint == WITH)
        self.last[rows] = np.where((joint == SAME) & bare, AND_WITH, joint)
        self.limb[rows], self.subject[rows] = limb, subject
        self.lists[rows] = lists | (joint == SAME) | (joint == AND_WITH)
        self.has_had[rows] |= joint == HAVE
        return joint


class _Batch:
    """The pieces of many captions in a row: two to a segment, what joins it and its text."""

    def __init__(
        self,
        pieces: list[str],
        segments: np.ndarray,
        joints: np.ndarray,
        bounds: list[int],
        ids: list[tuple[int, ...]],
    ) -> None:
        self.pieces, self.segments, self.joints, self.bounds, self.ids = pieces, segments, joints, bounds, ids

    def text(self, row: int) -> str:
        """The whole caption of a row."""
        return "".join(self.pieces[2 * self.bounds[row] : 2 * self.bounds[row + 1]]) + "."

    @cached_property
    def _starts(self) -> list[bool]:
        return ((self.joints == START) | (self.joints == HAVE)).tolist()

    @cached_property
    def _numbers(self) -> list[int]:
        return self.segments.tolist()

    def sentences(self, row: int) -> tuple[CaptionSentence, ...]:
        """The caption's sentences: runs of segments that begin with START or HAVE."""
        first, last = self.bounds[row], self.bounds[row + 1]
        pieces, ids = self.pieces, self.ids
        numbers, starts = self._numbers[first:last], self._starts[first:last]
        begins = [place for place, is_start in enumerate(starts) if is_start]
        sentences = []
        for begin, end in zip(begins, [*begins[1:], last - first], strict=True):
            text = "".join(pieces[2 * (first + begin) : 2 * (first + end)])
            made = ids[numbers[begin]]
            for number in numbers[begin + 1 : end]:
                made += ids[number]
            sentences.append(CaptionSentence(f"{text[2:] if begin else text}.", made))
        return tuple(sentences)
