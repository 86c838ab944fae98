"""Style `simple`: natural wording, one statement per clause, nothing merged."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from posecap.captions.bank import Words
from posecap.captions.hashing import below, salted
from posecap.captions.natural.assemble import assemble
from posecap.captions.natural.choice import Choice
from posecap.captions.natural.facts import Lexicon
from posecap.captions.natural.store import SegmentStore
from posecap.captions.natural.write import NaturalWriter, limb_ranks
from posecap.captions.types import Caption

NUM_ORDERS, NUM_WORDINGS = 128, 8


def write(states: np.ndarray, hashes: np.ndarray, words: Words) -> list[Caption]:
    """One caption for each state (U, S); `hashes` (U,) choose the wording."""
    return _writer(words).write(states, hashes)


@lru_cache(maxsize=8)
def _writer(words: Words) -> SimpleWriter:
    return SimpleWriter(Lexicon(words.definitions, words.language))


class SimpleWriter:
    """All wordings of all statements, made once."""

    def __init__(self, lexicon: Lexicon) -> None:
        maker = NaturalWriter(lexicon)
        limbs = [lexicon.language.noun(fact.subject.part).limb for fact in lexicon.facts]
        self.store = SegmentStore(lexicon.language)
        self.segments = np.array(
            [
                [
                    self.store.add(maker.segments([index], wording), limbs[index])[0]
                    for wording in range(NUM_WORDINGS)
                ]
                for index in range(len(lexicon.facts))
            ],
            np.int32,
        ).reshape(-1, NUM_WORDINGS)
        self.store.flush()
        self._orders = _orders(lexicon)

    def write(self, states: np.ndarray, hashes: np.ndarray) -> list[Caption]:
        """Captions of states (U, S) bool."""
        order = self._orders[below(salted(hashes, 2), NUM_ORDERS)]
        rows, places = np.nonzero(np.take_along_axis(states, order, 1))
        statements = order[rows, places]
        wording = below(salted(hashes[rows] + statements.astype(np.uint64), 3), NUM_WORDINGS)
        return assemble(self.segments[statements, wording], states.sum(1), hashes, self.store)


def _orders(lexicon: Lexicon) -> np.ndarray:
    """(NUM_ORDERS, S): limbs in random order, parts in random order, a part's statements together."""
    parts = [fact.subject.part for fact in lexicon.facts]
    orders = []
    limbs = [lexicon.language.noun(part).limb for part in parts]
    for seed in range(NUM_ORDERS):
        choice = Choice(seed)
        limb_rank = limb_ranks(limbs, choice)
        part_rank = {part: choice.below(1 << 20) for part in dict.fromkeys(parts)}
        within = [choice.below(1 << 20) for _ in parts]
        keys = [(limb_rank[limb], part_rank[part]) for limb, part in zip(limbs, parts, strict=True)]
        orders.append(sorted(range(len(parts)), key=lambda i: (keys[i], within[i])))
    return np.array(orders, np.int16)
