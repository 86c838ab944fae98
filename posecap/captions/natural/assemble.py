"""Segments strung together into captions: where sentences end, and what joins clauses."""

from __future__ import annotations

import numpy as np

from posecap.captions.hashing import below, salted
from posecap.captions.natural.store import CAPITAL, SMALL, VERBLESS, SegmentStore
from posecap.captions.types import Caption, CaptionSentence

MAX_WORDS = 36  # of a sentence made of several segments
MAX_SEGMENTS = 3  # of a sentence
START, AND, WHILE, WITH, AND_WITH = range(5)  # how a segment is joined to what is before it
_JOINTS = np.array(["", ", and ", " while ", ", with ", " and "], object)
_FORMS = np.array([CAPITAL, SMALL, SMALL, VERBLESS, VERBLESS])


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
    pieces[:, 0] = _JOINTS[joints]
    pieces[:, 1] = store.texts[segments, voices, _FORMS[joints]]
    return _captions(pieces.ravel().tolist(), segments, joints, counts, store)


def _voices(hashes: np.ndarray, store: SegmentStore) -> np.ndarray:
    weights = [voice.weight for voice in store.voices]
    wheel = np.repeat(np.arange(len(weights)), weights)
    return wheel[below(salted(hashes, 1), len(wheel))]


def _joints(
    segments: np.ndarray, counts: np.ndarray, starts: np.ndarray, hashes: np.ndarray, store: SegmentStore
) -> np.ndarray:
    """How each segment is joined to the one before it, position by position over all states at once."""
    joints = np.zeros(len(segments), np.int8)
    num_words, num_segments, num_links, last = (np.zeros(len(counts), np.int32) for _ in range(4))
    for position in range(int(counts.max(initial=0))):
        rows = np.flatnonzero(counts > position)
        places = starts[rows] + position
        words, has_verbless, contrasts, follows = store.facts[segments[places]].T
        draw = below(salted(hashes[rows], 100 + position), 100)
        after_with = (last[rows] == WITH) | (last[rows] == AND_WITH)
        room = (num_segments[rows] < MAX_SEGMENTS) & (num_words[rows] + words < MAX_WORDS) & (position > 0)
        link = room & (num_links[rows] == 0) & (contrasts == 0) & (follows == 0)
        joint = np.full(len(rows), START, np.int32)
        joint[room & ~after_with & (draw < 25) & (last[rows] != AND)] = AND
        joint[link & ~after_with & (draw >= 25) & (draw < 40)] = WHILE
        joint[
            room & ~after_with & (has_verbless > 0) & (num_links[rows] < 2) & (draw >= 40) & (draw < 60)
        ] = WITH
        joint[room & (last[rows] == WITH) & (has_verbless > 0) & (draw < 40)] = AND_WITH
        joints[places] = joint
        fresh = joint == START
        num_words[rows] = np.where(fresh, 0, num_words[rows]) + words + 1
        num_segments[rows] = np.where(fresh, 0, num_segments[rows]) + 1
        num_links[rows] = np.where(fresh, 0, num_links[rows]) + contrasts + (joint == WHILE) + (joint == WITH)
        last[rows] = joint
    return joints


def _captions(
    pieces: list[str], segments: np.ndarray, joints: np.ndarray, counts: np.ndarray, store: SegmentStore
) -> list[Caption]:
    begins = np.flatnonzero(joints == START)
    bounds = [*begins.tolist(), len(segments)]
    ids, numbers = store.ids, segments.tolist()
    sentences = []
    for begin, end in zip(bounds, bounds[1:], strict=False):
        made = (
            ids[numbers[begin]]
            if end == begin + 1
            else tuple([i for n in numbers[begin:end] for i in ids[n]])
        )
        sentences.append(CaptionSentence("".join(pieces[2 * begin : 2 * end]) + ".", made))
    captions, first = [], 0
    for last in np.searchsorted(begins, np.cumsum(counts)).tolist():
        own = sentences[first:last]
        captions.append(Caption(" ".join([one[0] for one in own]), tuple(own)))
        first = last
    return captions
