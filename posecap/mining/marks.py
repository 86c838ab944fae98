"""Marks from counts: rare below 6% of the poses, too common to tell from 40% (PoseScript's criteria)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from posecap.mining.counting import Counts
from posecap.mining.rules import mine_rules
from posecap.posecodes.definitions import Definitions
from posecap.posecodes.entries import Kind, PosecodeEntry, SuperPosecode
from posecap.posecodes.mirror import mirror_supers
from posecap.posecodes.statements import single_roles

Said = tuple[tuple[str, ...], str]  # subject and category

RARE_BELOW = 0.06
TOO_COMMON_FROM = 0.4


def mined_definitions(counts: Counts, name: str, marks: bool = True) -> Definitions:
    """The definitions that were counted with removal rules, statistics and new marks from the counts.

    Joint sets, thresholds, super-posecodes and support marks stay. A category can become acceptable
    where its kind tells it of some joint set; too common ones stay only as support. Shares are those of
    a posecode and its mirror image together, so that symmetric definitions stay symmetric. Marks of what
    was never measured stay, and all of them with `marks` False.
    """
    old = counts.definitions
    data = {
        "name": name,
        "description": f"{old.name} with {'marks and ' if marks else ''}rules mined from {counts.source}",
        "kinds": _marked_kinds(counts) if marks else _plain(old.kinds),
        "super_posecodes": _marked_supers(counts) if marks else _plain(old.super_posecodes),
        "statistics": counts.statistics().model_dump(),
    }
    rules = mine_rules(replace(counts, definitions=Definitions.model_validate(data)))
    return Definitions.model_validate({**data, "removal_rules": [rule.model_dump() for rule in rules]})


def _plain(entries: dict) -> dict[str, dict]:
    return {name: entry.model_dump() for name, entry in entries.items()}


def _marked_kinds(counts: Counts) -> dict[str, dict]:
    definitions, shares = counts.definitions, _shares(counts)
    supers = definitions.super_posecodes.values()
    taken: set[Said] = {(single_roles(code.subject), code.category) for code in supers}

    def marked(name: str, kind: Kind, entry: PosecodeEntry) -> PosecodeEntry:
        own = shares[definitions.column(name, entry.joints)].tolist()
        if not any(own):
            return entry  # measured in no pose: nothing is known of it
        return _marked(kind, entry, dict(zip(kind.categories, own, strict=True)), taken)

    return {
        name: {
            **kind.model_dump(),
            "posecodes": [marked(name, kind, entry).model_dump() for entry in kind.posecodes],
        }
        for name, kind in definitions.kinds.items()
    }


def _shares(counts: Counts) -> list[np.ndarray]:
    """Per column (num_categories,) share of the poses, of a posecode and its mirror image together."""
    mirror = counts.definitions.mirror
    shares = []
    for column, own in enumerate(counts.categories):
        image = int(mirror.columns[column])
        other = own if image < 0 else counts.categories[image]
        both = own + (other[::-1] if mirror.reverses[column] else other)
        shares.append(both / max(1, int(both.sum())))
    return shares


def _marked(kind: Kind, entry: PosecodeEntry, share: dict[str, float], taken: set[Said]) -> PosecodeEntry:
    support = {*entry.support_1, *entry.support_2}
    tellable = _tellable(kind, entry, taken)
    acceptable = tuple(
        category
        for category in kind.categories
        if category in support or (category in tellable and share[category] < TOO_COMMON_FROM)
    )
    rare = tuple(category for category in acceptable if share[category] < RARE_BELOW)
    return entry.model_copy(update={"acceptable": acceptable, "rare": rare})


def _tellable(kind: Kind, entry: PosecodeEntry, taken: set[Said]) -> set[str]:
    """Categories that may be told of a posecode at all.

    None of one that exists to support super-posecodes only (nobody speaks of the line from pelvis to
    shoulder), no category without words, i.e. told of no posecode of the kind, and none that a
    super-posecode tells of the same subject.
    """
    if set(entry.acceptable) <= {*entry.support_1, *entry.support_2}:
        return set()
    worded = {category for other in kind.posecodes for category in other.acceptable}
    subject = single_roles(entry.subject or entry.joints[0])
    return {category for category in worded if (subject, category) not in taken}


def _marked_supers(counts: Counts) -> dict[str, dict]:
    """Super-posecodes are rare by their own counts and their mirror images' together."""
    images = mirror_supers(counts.definitions)
    made, poses = counts.supers, max(1, counts.num_poses)

    def marked(index: int, code: SuperPosecode) -> dict:
        image = images[index] if images[index] >= 0 else index
        return {**code.model_dump(), "rare": bool(made[index] + made[image] < 2 * RARE_BELOW * poses)}

    codes = counts.definitions.super_posecodes.items()
    return {name: marked(index, code) for index, (name, code) in enumerate(codes)}
