"""Style `canonical`: one statement per sentence, one wording per statement, head to foot."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from posecap.captions.bank import Words, bank_of
from posecap.captions.language import Language
from posecap.captions.types import Caption, CaptionSentence
from posecap.posecodes.definitions import Statement


class _Table(NamedTuple):
    order: np.ndarray  # (S,) statement ids, head to foot
    sentences: list[CaptionSentence]  # in that order
    texts: list[str]


def write(states: np.ndarray, hashes: np.ndarray, words: Words) -> list[Caption]:
    """Captions of the states (U, S) bool; the hashes change nothing in this style."""
    table = _table(words)
    rows, places = np.nonzero(states[:, table.order])
    ends = np.cumsum(np.bincount(rows, minlength=len(states))).tolist()
    flat, captions, start = places.tolist(), [], 0
    texts, sentences = table.texts, table.sentences
    for end in ends:
        own = flat[start:end]
        text = " ".join([texts[place] for place in own])
        captions.append(Caption(text, tuple([sentences[place] for place in own])))
        start = end
    return captions


@lru_cache(maxsize=32)
def _table(words: Words) -> _Table:
    bank = bank_of(words)
    statements = sorted(words.definitions.statements, key=lambda one: _head_to_foot(one, words.language))
    texts = [bank[one.id].text for one in statements]
    sentences = [CaptionSentence(text, (one.id,)) for text, one in zip(texts, statements, strict=True)]
    return _Table(np.array([one.id for one in statements], np.intp), sentences, texts)


def _head_to_foot(statement: Statement, language: Language) -> tuple[int, int, int]:
    """Sorting key: part, then both sides, left, right, then the place in the definitions."""
    role = language.split(statement.subject)
    second = language.split(statement.object) if statement.object else None
    is_pair = second is not None and second.part == role.part
    side = 0 if is_pair or role.side in (None, "both") else 1 if role.side == "left" else 2
    return language.part_order.get(role.part, len(language.parts)), side, statement.id
