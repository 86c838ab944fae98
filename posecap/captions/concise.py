"""What goes without saying: statements that follow from others that are told.

Two reasons: logic (left foot in front of the torso, torso in front of the right foot, so left foot in
front of the right foot) and the removal rules of the definitions, counted on poses. Captions leave them
out on request; statements that are rare are always told.
"""

from __future__ import annotations

import numpy as np

from posecap.posecodes.definitions import Definitions, Statement
from posecap.posecodes.removal import remove_implied


def make_concise(states: np.ndarray, definitions: Definitions) -> np.ndarray:
    """`states` (U, S) bool without the statements that go without saying where others are told."""
    concise = remove_implied(definitions, states)
    for first, second, implied in _chains(definitions):
        concise[:, implied] &= ~(concise[:, first] & concise[:, second])
    return concise


def _chains(definitions: Definitions) -> tuple[tuple[int, int, int], ...]:
    """(a > b, b > c, a > c) triples of statement ids, on one axis."""
    pairs = {}
    for one in definitions.statements:
        ordered = _greater_and_lesser(one, definitions)
        if ordered:
            pairs[(one.kind, *ordered)] = one
    return tuple(
        (first.id, second.id, implied.id)
        for (kind, high, middle), first in pairs.items()
        for (other_kind, start, low), second in pairs.items()
        if kind == other_kind and start == middle
        for implied in [pairs.get((kind, high, low))]
        if implied is not None and not implied.rare
    )


def _greater_and_lesser(statement: Statement, definitions: Definitions) -> tuple[str, str] | None:
    """The two parts of a relative position beyond all thresholds, the greater coordinate first."""
    kind = definitions.kinds.get(statement.kind)
    if kind is None or not kind.measure.startswith("relative_position"):
        return None
    first, second = statement.joints
    if statement.category_index == len(kind.categories) - 1 and kind.thresholds[-1] > 0:
        return first, second
    return (second, first) if statement.category_index == 0 and kind.thresholds[0] < 0 else None
