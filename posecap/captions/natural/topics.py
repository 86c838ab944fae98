"""Topics: which facts are told together.

Aggregation acts within a topic, so a topic's state space is small and its text is made once per
state. Facts of a limb are cut into topics in more than one way (a *plan*): by what is measured, so
that left and right meet, or by side or part, so that all that is said of a part meets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from posecap.captions.natural.facts import COUNTERPART, Fact, Lexicon

MAX_STATEMENTS = 62  # a topic's state is one integer


class Topic(NamedTuple):
    """Statement ids told together, and what kind of thing they tell."""

    ids: np.ndarray
    group: str


@dataclass(frozen=True)
class Block:
    """Statements that are always cut by one plan, and the plans."""

    limb: str
    plans: tuple[tuple[Topic, ...], ...]


# Groups of measures; what is in no group makes one of its own.
_GROUPS = {
    "angle": "shape",
    "pitch_roll": "direction",
    "ground_contact": "contact",
    "body_inclination_x": "lean",
    "body_inclination_y": "lean",
    "body_inclination_z": "lean",
    "super": "posture",
}

_FAMILIES = {
    "shape": "form",
    "direction": "form",
    "contact": "place",
    "spread": "pairing",
    "relation": "pairing",
}


def make_blocks(lexicon: Lexicon) -> tuple[Block, ...]:
    """All blocks of the definitions."""
    families: dict[tuple[str, str], list[int]] = {}
    for index, fact in enumerate(lexicon.facts):
        families.setdefault((_limb(fact, lexicon), _family(fact, index, lexicon)), []).append(index)
    return tuple(_block(limb, family, ids, lexicon) for (limb, family), ids in families.items())


def _limb(fact: Fact, lexicon: Lexicon) -> str:
    return lexicon.language.noun(fact.subject.part).limb


def _family(fact: Fact, index: int, lexicon: Lexicon) -> str:
    """What a block tells: the shape of limbs, the relation of its parts, their place to others."""
    if not lexicon.can_say(fact):
        return f"statement {index}"
    group = _group(fact)
    return _FAMILIES.get(group, group)


def _group(fact: Fact) -> str:
    measure, target = fact.predicate.measure, fact.predicate.target
    if fact.predicate.form == "pair":
        return "spread"
    if measure in _GROUPS:
        return _GROUPS[measure]
    if target is None:
        return "posture" if fact.subject.part == "body" else "pose"
    if target.side == COUNTERPART:
        return "spread" if measure == "distance" else "relation"
    return "contact" if measure == "distance" else "place"


def _block(limb: str, family: str, ids: list[int], lexicon: Lexicon) -> Block:
    plans = [_cut(ids, lexicon, _by_measure)]
    sided = {lexicon.facts[index].subject.side for index in ids}
    if family in ("form", "place") and {"left", "right"} <= sided:
        plans.append(_cut(ids, lexicon, _by_side))
    if family == "pairing":
        plans.append(_cut(ids, lexicon, _by_part))
    return Block(limb, tuple(plans))


def _by_measure(fact: Fact) -> object:
    group = _group(fact)
    return (group, fact.predicate.measure) if group in ("relation", "place") else group


def _by_side(fact: Fact) -> object:
    return fact.subject.side


def _by_part(fact: Fact) -> object:
    return fact.subject.part


def _cut(ids: list[int], lexicon: Lexicon, label: Callable[[Fact], object]) -> tuple[Topic, ...]:
    groups: dict[object, list[int]] = {}
    for index in ids:
        groups.setdefault(label(lexicon.facts[index]), []).append(index)
    chunks = [
        group[start : start + MAX_STATEMENTS]
        for group in groups.values()
        for start in range(0, len(group), MAX_STATEMENTS)
    ]
    return tuple(Topic(np.array(chunk, np.intp), _group(lexicon.facts[chunk[0]])) for chunk in chunks)
