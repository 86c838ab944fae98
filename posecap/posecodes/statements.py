"""From definitions to the list of statements, with each one's left/right mirror image."""

from __future__ import annotations

from dataclasses import dataclass, replace

from posecap.posecodes.definitions import SUPER, Definitions, Kind, PosecodeEntry, Statement
from posecap.posecodes.measures import MEASURES


@dataclass(frozen=True)
class _Mirror:
    """How the categories of a posecode map onto those of its mirror image."""

    column: int
    reversed: bool


def list_statements(definitions: Definitions) -> tuple[Statement, ...]:
    """All statements of `definitions`, in id order."""
    drafts = [*_of_posecodes(definitions), *_of_super_posecodes(definitions)]
    drafts = [replace(draft, id=index) for index, draft in enumerate(drafts)]
    by_code = {(draft.posecode, draft.category_index): draft.id for draft in drafts if draft.posecode >= 0}
    by_super = {draft.super_posecode: draft.id for draft in drafts if draft.posecode < 0}
    mirrors = _mirror_columns(definitions)
    supers = _mirror_supers(definitions, mirrors)
    return tuple(
        replace(draft, mirror=_mirror_id(draft, definitions, mirrors, supers, by_code, by_super))
        for draft in drafts
    )


def swap_side(role: str) -> str:
    """`left_hand` for `right_hand` and the other way; roles without a side are kept."""
    if role.startswith("left_"):
        return "right_" + role.removeprefix("left_")
    return "left_" + role.removeprefix("right_") if role.startswith("right_") else role


def _of_posecodes(definitions: Definitions) -> list[Statement]:
    drafts = []
    for column, (kind_name, entry) in enumerate(definitions.columns):
        kind = definitions.kinds[kind_name]
        subject = entry.subject or entry.joints[0]
        second = entry.joints[1] if MEASURES[kind.measure].names_second and not _is_plural(subject) else None
        for index, category in enumerate(kind.categories):
            if category in entry.acceptable:
                drafts.append(
                    Statement(
                        id=-1,
                        kind=kind_name,
                        joints=entry.joints,
                        subject=subject,
                        object=second,
                        category=category,
                        posecode=column,
                        category_index=index,
                        super_posecode=-1,
                        rare=category in entry.rare,
                        support=1 if category in entry.support_1 else 2 if category in entry.support_2 else 0,
                        mirror=-1,
                        roles=_roles(subject, second, entry.joints),
                    )
                )
    return drafts


def _of_super_posecodes(definitions: Definitions) -> list[Statement]:
    drafts = []
    for index, (name, code) in enumerate(definitions.super_posecodes.items()):
        joints = tuple(dict.fromkeys(role for way in code.ways for need in way for role in need.joints))
        drafts.append(
            Statement(
                id=-1,
                kind=SUPER,
                joints=(name,),
                subject=code.subject,
                object=None,
                category=code.category,
                posecode=-1,
                category_index=1,
                super_posecode=index,
                rare=code.rare,
                support=0,
                mirror=-1,
                roles=_roles(code.subject, None, joints),
            )
        )
    return drafts


def _is_plural(role: str) -> bool:
    return role.startswith("both_")


def _roles(subject: str, second: str | None, joints: tuple[str, ...]) -> tuple[str, ...]:
    """Every role that a statement involves, told or measured, once each."""
    parts = [subject, *([second] if second else []), *joints]
    singles = [
        role
        for part in parts
        for role in (
            [f"left_{part[5:-1]}", f"right_{part[5:-1]}"]
            if part == "both_hands"
            else ["left_foot", "right_foot"]
            if part == "both_feet"
            else [part]
        )
    ]
    return tuple(dict.fromkeys(singles))


def _mirror_columns(definitions: Definitions) -> dict[int, _Mirror]:
    mirrors = {}
    for column, (kind_name, entry) in enumerate(definitions.columns):
        found = _mirror_of(definitions, kind_name, definitions.kinds[kind_name], entry)
        if found is not None:
            mirrors[column] = found
    return mirrors


def _mirror_of(definitions: Definitions, name: str, kind: Kind, entry: PosecodeEntry) -> _Mirror | None:
    measure = MEASURES[kind.measure]
    mirrored = tuple(swap_side(role) for role in entry.joints)
    columns = definitions._column_of
    if (name, mirrored) in columns:
        return _Mirror(columns[(name, mirrored)], reversed=measure.mirror_negates)
    for order, negates in measure.reorderings(mirrored):
        if (name, order) in columns:
            return _Mirror(columns[(name, order)], reversed=measure.mirror_negates != negates)
    return None


def _mirror_supers(definitions: Definitions, mirrors: dict[int, _Mirror]) -> dict[int, int]:
    """Index of each super-posecode's mirror image: the one whose ways are the mirrored ways."""
    ways = [_way_codes(definitions, code.ways) for code in definitions.super_posecodes.values()]
    found = {}
    for index, own in enumerate(ways):
        mirrored = _mirror_ways(definitions, own, mirrors)
        if mirrored in ways:
            found[index] = ways.index(mirrored)
    return found


def _way_codes(definitions: Definitions, ways: tuple) -> frozenset:
    return frozenset(
        frozenset(
            (
                definitions.column(need.kind, need.joints),
                definitions.kinds[need.kind].categories.index(need.category),
            )
            for need in way
        )
        for way in ways
    )


def _mirror_ways(definitions: Definitions, ways: frozenset, mirrors: dict[int, _Mirror]) -> frozenset | None:
    if any(column not in mirrors for way in ways for column, _ in way):
        return None
    return frozenset(
        frozenset(
            (mirrors[column].column, _mirror_category(definitions, column, category, mirrors))
            for column, category in way
        )
        for way in ways
    )


def _mirror_category(
    definitions: Definitions, column: int, category: int, mirrors: dict[int, _Mirror]
) -> int:
    kind = definitions.kinds[definitions.columns[column][0]]
    return len(kind.categories) - 1 - category if mirrors[column].reversed else category


def _mirror_id(draft, definitions, mirrors, supers, by_code, by_super) -> int:
    if draft.posecode < 0:
        return by_super[supers[draft.super_posecode]] if draft.super_posecode in supers else -1
    if draft.posecode not in mirrors:
        return -1
    category = _mirror_category(definitions, draft.posecode, draft.category_index, mirrors)
    return by_code.get((mirrors[draft.posecode].column, category), -1)
