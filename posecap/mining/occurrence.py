"""How often each category occurs in shards, per action too, beside its current mark."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from posecap.mining.counting import Counts, count_tables, read_categories, shard_definitions
from posecap.posecodes.definitions import SUPER, Definitions
from posecap.posecodes.entries import Kind, PosecodeEntry

if TYPE_CHECKING:
    from posecap.shards.reader import Shards


class Occurrence(TypedDict):
    """One category of one posecode; `share` is of the frames on which it was measured."""

    action: str
    kind: str
    joints: tuple[str, ...]
    category: str
    mark: str  # told, rare, support, not told, ignored
    frames: int
    share: float


def occurrences(
    shards: Shards, by_action: bool = False, definitions: Definitions | None = None
) -> list[Occurrence]:
    """Rows for every category of every measured posecode, in the order of the definitions.

    `action` is "" for all frames; with `by_action` the rows of each action follow, actions in
    alphabetic order. Frames of camera-frame shards count once per view.
    """
    definitions = definitions or shard_definitions(shards)
    sequences, table = read_categories(shards, definitions)
    groups = {"": table}
    if by_action:
        actions = _actions(shards, sequences)
        groups |= {action: table[actions == action] for action in sorted(set(actions.tolist()))}
    return [
        row for action, part in groups.items() for row in _rows(action, count_tables(definitions, [part]))
    ]


def mark_of(kind: Kind, entry: PosecodeEntry, category: str) -> str:
    """What the definitions say of telling a category."""
    if category in kind.ignored:
        return "ignored"
    if category not in entry.acceptable:
        return "not told"
    if category in entry.support_1 or category in entry.support_2:
        return "support"
    return "rare" if category in entry.rare else "told"


def _actions(shards: Shards, sequences: np.ndarray) -> np.ndarray:
    """(N,) action of each row's sequence."""
    table = shards.sequences()
    action_of = dict(zip(table["sequence"].to_pylist(), table["action"].to_pylist(), strict=True))
    keys, place = np.unique(sequences, return_inverse=True)
    return np.array([action_of[key] for key in keys.tolist()], object)[place]


def _rows(action: str, counts: Counts) -> Iterator[Occurrence]:
    definitions = counts.definitions
    for (name, entry), frames in zip(definitions.columns, counts.categories, strict=True):
        measured = int(frames.sum())
        kind = definitions.kinds[name]
        if measured:
            for category, count in zip(kind.categories, frames.tolist(), strict=True):
                mark = mark_of(kind, entry, category)
                yield _row(action, name, entry.joints, category, mark, count, measured)
    for (name, code), made in zip(definitions.super_posecodes.items(), counts.supers.tolist(), strict=True):
        mark = "rare" if code.rare else "told"
        yield _row(action, SUPER, (name,), code.category, mark, made, counts.num_poses)


def _row(
    action: str, kind: str, joints: tuple[str, ...], category: str, mark: str, frames: int, of: int
) -> Occurrence:
    return Occurrence(
        action=action,
        kind=kind,
        joints=joints,
        category=category,
        mark=mark,
        frames=frames,
        share=frames / max(1, of),
    )
