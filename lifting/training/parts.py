"""Statements about a part of the body, by the roles that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from posecap.errors import unknown_name

ARM = ("shoulder", "elbow", "wrist", "hand", "upperarm", "forearm")
LEG = ("hip", "knee", "ankle", "foot", "thigh", "shin")
PARTS: dict[str, frozenset[str]] = {"head": frozenset({"head", "neck", "neck_top"})}
for _side in ("left", "right"):
    PARTS[f"{_side}_arm"] = frozenset(f"{_side}_{role}" for role in ARM)
    PARTS[f"{_side}_leg"] = frozenset(f"{_side}_{role}" for role in LEG)


def statements_about(parts: Iterable[str], roles: Sequence[Iterable[str]]) -> np.ndarray:
    """(S,) bool: statements that speak of one of the parts, from the roles of each statement.

    What is said of both sides at once ("both_hands") is about either. InputError for an unknown part.
    """
    wanted: set[str] = set()
    for part in parts:
        if part not in PARTS:
            raise unknown_name("part of the body", part, PARTS)
        wanted |= PARTS[part]
    return np.array([any(one in wanted for role in each for one in _single(role)) for each in roles], bool)


def _single(role: str) -> tuple[str, ...]:
    """`both_hands` as its two sides; other roles as they are."""
    if not role.startswith("both_"):
        return (role,)
    noun = role.removeprefix("both_")
    singular = "foot" if noun == "feet" else noun.removesuffix("s")
    return (f"left_{singular}", f"right_{singular}")
