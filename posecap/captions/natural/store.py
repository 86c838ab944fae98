"""Segments that have been written, in every voice, ready to be gathered by number."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from posecap.captions.language import Language, Voice
from posecap.captions.natural.phrases import BE, DETERMINER, FIGURE
from posecap.captions.natural.segment import Segment

SMALL, CAPITAL, VERBLESS, PREDICATE = range(4)  # forms of a segment's text


class SegmentStore:
    """A growing table of segments; row 0 is the empty segment."""

    def __init__(self, language: Language) -> None:
        self.voices = language.voices or (
            Voice(determiner="the", figure="the body", be="is", have="has", weight=1),
        )
        self._voice_of = {voice.determiner: voice for voice in self.voices}
        self._subjects = {"": 0}
        self.ids: list[tuple[int, ...]] = []
        self._new_texts: list[list[tuple[str, str, str, str]]] = []
        self._new_facts: list[tuple[int, bool, bool, bool, bool, int, int]] = []
        self.texts = np.empty((0, len(self.voices), 4), object)
        self.facts = np.empty(
            (0, 7), np.int32
        )  # words, has a verbless form, lists, contrasts, follows, limb, subject
        self.limbs = list(dict.fromkeys(noun.limb for noun in language.parts.values()))
        self.add([Segment("", "", ())], "")

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, segments: Iterable[Segment], limb: str) -> tuple[int, int]:
        """First number and count of the segments, which get numbers in a row."""
        limb_number = self.limbs.index(limb) if limb in self.limbs else -1
        start = len(self.ids)
        for one in segments:
            self.ids.append(one.ids)
            self._new_texts.append(self._in_voices(one))
            words = max(one.text.count(" "), one.verbless.count(" ")) + 1 + one.text.count(FIGURE)
            lists = " and " in one.text or " and " in one.verbless
            subject = self._subjects.setdefault(one.subject, len(self._subjects))
            self._new_facts.append(
                (words, bool(one.verbless), lists, one.contrasts, one.follows, limb_number, subject)
            )
        return start, len(self.ids) - start

    def _in_voices(self, segment: Segment) -> list[tuple[str, str, str, str]]:
        if FIGURE in segment.text:
            return [_voiced(segment, voice) for voice in self.voices]
        by_determiner = {one: _voiced(segment, voice) for one, voice in self._voice_of.items()}
        return [by_determiner[voice.determiner] for voice in self.voices]

    def flush(self) -> None:
        """Make what was added ready to be gathered."""
        if not self._new_texts:
            return
        fresh = np.empty((len(self._new_texts), len(self.voices), 4), object)
        fresh[:] = self._new_texts
        self.texts = np.concatenate([self.texts, fresh])
        self.facts = np.concatenate([self.facts, np.array(self._new_facts, np.int32)])
        self._new_texts, self._new_facts = [], []


def _voiced(segment: Segment, voice: Voice) -> tuple[str, str, str, str]:
    small, verbless = _fill(segment.text, voice), _fill(segment.verbless, voice)
    return small, small[:1].upper() + small[1:], verbless, _fill(segment.predicate, voice)


def _fill(text: str, voice: Voice) -> str:
    text = text.replace(DETERMINER, voice.determiner)
    return text.replace(FIGURE, voice.figure).replace(BE, voice.be) if FIGURE in text else text
