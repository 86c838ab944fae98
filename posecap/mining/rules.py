"""Removal rules from counts: statements that nearly always come with others (PoseScript's criteria).

A pair rule A => C holds where at least 70% of the poses that tell A tell C; a triple rule A, B => C
where at least 80% of those that tell A and B do and no pair rule says so already. Rules remove at least
50 statements and hold on both sides of the body. Of all those only these are kept:
- C shares a body part with each of the given ones (the others are coincidences of the data);
- C is not rare, so nothing special goes unsaid, and is not the mirror image of a given one;
- of rules on the same statements only the surest, so that one of an equivalent pair is told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.mining.counting import Counts, merged_rows
from posecap.posecodes.definitions import Definitions, Statement
from posecap.posecodes.entries import RemovalRule
from posecap.posecodes.statements import single_roles

PAIR_FROM = 0.7
TRIPLE_FROM = 0.8
MIN_POSES = 50


@dataclass(frozen=True)
class _Rule:
    given: tuple[int, ...]
    remove: int
    poses: int
    of: int
    share: float  # the smaller one of both sides


class _Told:
    """Told statements as numbers to count with; only those with a mirror image take part."""

    def __init__(self, counts: Counts) -> None:
        self.definitions = counts.definitions
        states, weights = merged_rows(counts.selected.view(np.int8), counts.weights)
        # float32 counts exactly up to 2^24 poses and is twice as fast
        exact = np.float32 if counts.num_poses < 2**24 else np.float64
        self.rows: np.ndarray = states.astype(exact)
        self.weights: np.ndarray = weights.astype(exact)
        self.mirror = self.definitions.mirror_ids
        self.removable = _removable(self.definitions)

    def together(self, given: int | None = None) -> np.ndarray:
        """(S, S) poses that tell both, of those that tell `given`; on the diagonal those that tell one."""
        rows, weights = self.rows, self.weights
        if given is not None:
            inside = self.rows[:, given] > 0
            rows, weights = rows[inside], weights[inside]
        return ((rows * weights[:, None]).T @ rows).astype(np.float64)

    def mirrored(self, table: np.ndarray) -> np.ndarray:
        """`table` over statements, each read at its mirror image."""
        for axis in range(table.ndim):
            table = np.take(table, self.mirror, axis)
        return table


def mine_rules(counts: Counts) -> tuple[RemovalRule, ...]:
    """All rules that hold, surest first, each beside its mirror image."""
    told = _Told(counts)
    pairs = told.together()
    pair_shares = _shares(told, pairs, PAIR_FROM)
    triples = np.stack([told.together(given) for given in range(len(pairs))])
    triple_shares = _shares(told, triples, TRIPLE_FROM)
    # a triple of which a pair qualifies says nothing new
    triple_shares[(pair_shares > 0)[:, None, :] | (pair_shares > 0)[None, :, :]] = 0
    rules = [*_pair_rules(told, pairs, pair_shares), *_triple_rules(told, triples, triple_shares)]
    return tuple(_named(told, rule) for rule in _ordered(told, _surest(told, rules)))


def _shares(told: _Told, together: np.ndarray, least: float) -> np.ndarray:
    """Share (..., S, S) of poses with the given ones that tell the last; 0 where no rule holds."""
    size = together.shape[-1]
    of = np.diagonal(together, axis1=-2, axis2=-1)[..., None]
    shares = np.where(together >= MIN_POSES, together / np.maximum(of, 1), 0)
    shares = np.minimum(shares, told.mirrored(shares))
    shares[shares < least] = 0
    shares[..., np.arange(size), np.arange(size)] = 0
    if together.ndim == 3:  # the first given statement is neither the second nor removed
        shares[np.arange(size), np.arange(size)] = 0
        shares[np.arange(size), :, np.arange(size)] = 0
    return shares


def _removable(definitions: Definitions) -> np.ndarray:
    """(S, S) bool: whether the second may be removed because of the first."""
    statements = definitions.statements
    parts = [_parts(statement) for statement in statements]
    related = np.array([[bool(one & other) for other in parts] for one in parts])
    rare = np.array([statement.rare for statement in statements])
    mirror = definitions.mirror_ids
    related[np.arange(len(parts)), mirror] = False
    related[mirror < 0] = False
    return related & ~rare & (mirror >= 0)


def _parts(statement: Statement) -> frozenset[str]:
    """The single body parts that a statement tells of."""
    told = (statement.subject, *([statement.object] if statement.object else []))
    return frozenset(role for part in told for role in single_roles(part))


def _pair_rules(told: _Told, together: np.ndarray, shares: np.ndarray) -> list[_Rule]:
    found = np.argwhere((shares > 0) & told.removable).tolist()
    return [_Rule((a,), c, int(together[a, c]), int(together[a, a]), float(shares[a, c])) for a, c in found]


def _triple_rules(told: _Told, together: np.ndarray, shares: np.ndarray) -> list[_Rule]:
    allowed = told.removable[:, None, :] & told.removable[None, :, :]
    return [
        _Rule((a, b), c, int(together[a, b, c]), int(together[a, b, b]), float(shares[a, b, c]))
        for a, b, c in np.argwhere((shares > 0) & allowed).tolist()
        if a < b
    ]


def _surest(told: _Told, rules: list[_Rule]) -> list[_Rule]:
    """Of the rules on the same statements the one with the largest share, alike on both sides."""
    best: dict[frozenset[int], _Rule] = {}

    def rank(rule: _Rule) -> tuple[float, int]:
        return rule.share, -min(rule.remove, int(told.mirror[rule.remove]))

    for rule in rules:
        same = frozenset((*rule.given, rule.remove))
        if same not in best or rank(rule) > rank(best[same]):
            best[same] = rule
    return list(best.values())


def _ordered(told: _Told, rules: list[_Rule]) -> list[_Rule]:
    def ids(rule: _Rule) -> tuple[int, ...]:
        return (rule.remove, *sorted(rule.given))

    def image(rule: _Rule) -> tuple[int, ...]:
        return (int(told.mirror[rule.remove]), *sorted(int(told.mirror[given]) for given in rule.given))

    return sorted(rules, key=lambda rule: (-rule.share, min(ids(rule), image(rule)), ids(rule)))


def _named(told: _Told, rule: _Rule) -> RemovalRule:
    names = [statement.name for statement in told.definitions.statements]
    given = tuple(names[index] for index in rule.given)
    return RemovalRule(given=given, remove=names[rule.remove], poses=rule.poses, of=rule.of)
