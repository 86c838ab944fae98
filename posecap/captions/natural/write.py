"""Style `natural`: facts aggregated by topic, topics strung together."""

from __future__ import annotations

import zlib
from functools import lru_cache

import numpy as np

from posecap.captions.bank import Words
from posecap.captions.hashing import below, salted
from posecap.captions.natural.assemble import assemble
from posecap.captions.natural.choice import Choice
from posecap.captions.natural.compose import compose
from posecap.captions.natural.facts import Lexicon
from posecap.captions.natural.merge import Clause, merge
from posecap.captions.natural.phrases import DETERMINER
from posecap.captions.natural.segment import Segment
from posecap.captions.natural.store import SegmentStore
from posecap.captions.natural.topics import Block, Topic, make_blocks
from posecap.captions.types import Caption

NUM_ORDERS = 128  # different orders in which topics are told
MAX_SEGMENTS = 200_000  # kept in memory; more than real motion and random poses ever need
_FIRST = (("body", -3, 85), ("trunk", -2, 70), ("head", -1, 60))  # limb, rank, in how many percent of orders
_RANK = {"shape": 0, "direction": 1, "place": 2, "contact": 2, "spread": 2, "relation": 3}  # within a limb


def write(states: np.ndarray, hashes: np.ndarray, words: Words) -> list[Caption]:
    """One caption for each state (U, S); `hashes` (U,) choose the wording."""
    writer = _writer(words)
    if len(writer.store) > MAX_SEGMENTS:
        _writer.cache_clear()
        writer = _writer(words)
    return writer.write(states, hashes)


@lru_cache(maxsize=8)
def _writer(words: Words) -> NaturalWriter:
    return NaturalWriter(Lexicon(words.definitions, words.language))


class NaturalWriter:
    """Writes states of one set of definitions, keeping the text of each topic state it has met."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.store = SegmentStore(lexicon.language)
        self.blocks = make_blocks(lexicon)
        self.limbs = [block.limb for block in self.blocks for plan in block.plans for _ in plan]
        self.topics = [topic for block in self.blocks for plan in block.plans for topic in plan]
        self._merged: dict[tuple[int, ...], list[Clause]] = {}
        self._made: list[dict[tuple[int, int], tuple[int, int]]] = [{} for _ in self.topics]
        self._orders = _orders(self.limbs, self.topics)

    def write(self, states: np.ndarray, hashes: np.ndarray) -> list[Caption]:
        """Captions of states (U, S) bool."""
        columns = np.ascontiguousarray(states.T)
        starts = np.zeros((len(self.topics), len(states)), np.int32)
        counts = np.zeros_like(starts)
        number = 0
        for index, block in enumerate(self.blocks):
            plan_of = self._plans(block, columns, salted(hashes, 10 + index))
            for plan_number, plan in enumerate(block.plans):
                for topic in plan:
                    codes = np.where(plan_of == plan_number, _codes(topic, columns), 0)
                    self._tell(number, codes, hashes, starts[number], counts[number])
                    number += 1
        self.store.flush()
        order = self._orders[below(salted(hashes, 2), NUM_ORDERS)]
        starts, counts = (np.take_along_axis(one.T, order, 1) for one in (starts, counts))
        flat = counts.ravel()
        within = np.arange(flat.sum()) - np.repeat(np.cumsum(flat) - flat, flat)
        return assemble(np.repeat(starts.ravel(), flat) + within, counts.sum(1), hashes, self.store)

    def _plans(self, block: Block, columns: np.ndarray, hashes: np.ndarray) -> np.ndarray:
        """Plan of each state; the first, where left and right meet, for states that are symmetric."""
        if len(block.plans) == 1:
            return np.zeros(columns.shape[1], np.intp)
        ids = np.concatenate([topic.ids for topic in block.plans[0]])
        mirrors = self.lexicon.definitions.mirror_ids[ids]
        has_mirror = mirrors >= 0
        is_same = (columns[ids[has_mirror]] == columns[mirrors[has_mirror]]).all(0)
        return np.where(is_same, 0, below(hashes, len(block.plans)))

    def _tell(
        self, number: int, codes: np.ndarray, hashes: np.ndarray, starts: np.ndarray, counts: np.ndarray
    ) -> None:
        """Fill in the segments (first, count) of one topic for every state."""
        rows = np.flatnonzero(codes)
        if not len(rows):
            return
        topic, made = self.topics[number], self._made[number]
        different, inverse = np.unique(codes[rows], return_inverse=True)
        facts = [_told(topic, int(code)) for code in different.tolist()]
        wordings = np.array([_num_wordings(len(one)) for one in facts])
        wording = below(salted(hashes[rows], 1000 + number), wordings[inverse])
        pairs, pair_of = np.unique(inverse * 16 + wording, return_inverse=True)
        spans = []
        for code, choice in zip((pairs // 16).tolist(), (pairs % 16).tolist(), strict=True):
            key = (int(different[code]), choice)
            if key not in made:
                made[key] = self.store.add(self.segments(facts[code], choice), self.limbs[number])
            spans.append(made[key])
        starts[rows], counts[rows] = np.array(spans, np.int32)[pair_of].T

    def segments(self, ids: list[int], wording: int) -> list[Segment]:
        """The segments that say some statements of one topic."""
        if not self.lexicon.can_say(self.lexicon.facts[ids[0]]):
            clause = self.lexicon.canonical_clause(ids[0])
            return [Segment(clause.replace("the ", f"{DETERMINER} ", 1), "", tuple(ids))]
        key = tuple(ids)
        if key not in self._merged:
            self._merged[key] = merge([self.lexicon.facts[index] for index in ids], self.lexicon)
        choice = Choice(zlib.crc32(repr((ids, wording)).encode()))
        return compose(self._merged[key], self.lexicon, choice)


def _codes(topic: Topic, columns: np.ndarray) -> np.ndarray:
    """(U,) state of a topic as one integer, bit by bit."""
    codes = np.zeros(columns.shape[1], np.int64)
    for bit, index in enumerate(topic.ids.tolist()):
        codes |= columns[index].astype(np.int64) << bit
    return codes


def _told(topic: Topic, code: int) -> list[int]:
    return [index for bit, index in enumerate(topic.ids.tolist()) if code >> bit & 1]


def _num_wordings(num_facts: int) -> int:
    """Many wordings for what is said often, few for states that are many."""
    return 12 if num_facts == 1 else 8 if num_facts == 2 else 4


def _orders(limbs: list[str], topics: list[Topic]) -> np.ndarray:
    """(NUM_ORDERS, topics): limb by limb; the person as a whole, then trunk and head, mostly first."""
    orders = []
    for seed in range(NUM_ORDERS):
        choice = Choice(seed)
        rank = limb_ranks(limbs, choice)
        within = [100 * _RANK.get(topic.group, 2) + choice.below(250) for topic in topics]
        orders.append(sorted(range(len(limbs)), key=lambda i: (rank[limbs[i]], within[i])))
    return np.array(orders, np.intp)


def limb_ranks(limbs: list[str], choice: Choice) -> dict[str, tuple[int, str]]:
    """An order of the limbs."""
    rank = {limb: choice.below(1000) for limb in dict.fromkeys(limbs)}
    rank |= {limb: place for limb, place, percent in _FIRST if limb in rank and choice.chance(percent)}
    return {limb: (place, limb) for limb, place in rank.items()}
