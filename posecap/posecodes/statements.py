"""From definitions to the list of statements, with each one's left/right mirror image."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from posecap.errors import unknown_name
from posecap.posecodes.definitions import PLURAL, SUPER, Definitions, PosecodeEntry, Statement
from posecap.posecodes.measures import MEASURES
from posecap.posecodes.mirror import mirror_supers

PLURAL_PARTS = {"hands": "hand", "feet": "foot"}  # subjects that are two parts at once: both_hands
TAKES_ALONG = {
    "head": ("left_ear", "right_ear"),
    "left_hand": ("left_wrist",),
    "right_hand": ("right_wrist",),
    "left_foot": ("left_ankle",),
    "right_foot": ("right_ankle",),
}


def list_statements(definitions: Definitions) -> tuple[Statement, ...]:
    """All statements of `definitions` in id order: posecodes in file order, then super-posecodes."""
    drafts = [*_of_posecodes(definitions), *_of_super_posecodes(definitions)]
    drafts = [replace(draft, id=index) for index, draft in enumerate(drafts)]
    ids = {_code(draft): draft.id for draft in drafts}
    supers = mirror_supers(definitions)
    images = [_mirror_code(draft, definitions, supers) for draft in drafts]
    return tuple(
        replace(draft, mirror=ids.get(image, -1)) for draft, image in zip(drafts, images, strict=True)
    )


def statements_without(definitions: Definitions, nodes: Iterable[str]) -> np.ndarray:
    """(S,) bool: the statements that remain when body parts are left out.

    A statement goes if it tells of, or is measured on, any of `nodes` (`head`, `left_hand`, any role of
    the definitions); a hand takes its wrist along and a foot its ankle. InputError for unknown nodes.
    """
    statements = definitions.statements
    known = {role for statement in statements for role in statement.roles} | TAKES_ALONG.keys()
    dropped = set()
    for node in nodes:
        if node not in known:
            raise unknown_name("body part", node, known)
        dropped |= {node, *TAKES_ALONG.get(node, ())}
    return np.array([dropped.isdisjoint(statement.roles) for statement in statements], bool)


def _code(statement: Statement) -> tuple[int, int, int]:
    return statement.posecode, statement.category_index, statement.super_posecode


def _mirror_code(draft: Statement, definitions: Definitions, supers: list[int]) -> tuple[int, int, int]:
    """What `_code` of the mirror image is; no statement's where there is none."""
    if draft.posecode < 0:
        return -1, draft.category_index, supers[draft.super_posecode]
    column, category = definitions.mirror.code(draft.posecode, draft.category_index) or (-1, -1)
    return column, category, -1


def _of_posecodes(definitions: Definitions) -> Iterator[Statement]:
    for column, (kind, entry) in enumerate(definitions.columns):
        for index, category in enumerate(definitions.kinds[kind].categories):
            if category in entry.acceptable:
                yield _of_posecode(definitions, column, index)


def _of_posecode(definitions: Definitions, column: int, index: int) -> Statement:
    kind_name, entry = definitions.columns[column]
    kind = definitions.kinds[kind_name]
    category = kind.categories[index]
    subject = entry.subject or entry.joints[0]
    names_second = MEASURES[kind.measure].names_second and not subject.startswith(PLURAL)
    second = entry.joints[1] if names_second else None
    return Statement(
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
        support=_support(entry, category),
        mirror=-1,
        roles=_roles(subject, second, entry.joints),
    )


def _support(entry: PosecodeEntry, category: str) -> int:
    return 1 if category in entry.support_1 else 2 if category in entry.support_2 else 0


def _of_super_posecodes(definitions: Definitions) -> Iterator[Statement]:
    for index, (name, code) in enumerate(definitions.super_posecodes.items()):
        joints = tuple(dict.fromkeys(role for way in code.ways for need in way for role in need.joints))
        yield Statement(
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


def _roles(subject: str, second: str | None, joints: tuple[str, ...]) -> tuple[str, ...]:
    """Every role that a statement involves, told or measured, once each."""
    parts = [subject, *([second] if second else []), *joints]
    return tuple(dict.fromkeys(role for part in parts for role in single_roles(part)))


def single_roles(part: str) -> tuple[str, ...]:
    """The roles that a part is: both hands are the left and the right one."""
    plural = part.removeprefix(f"{PLURAL}_")
    if plural == part or plural not in PLURAL_PARTS:
        return (part,)
    return f"left_{PLURAL_PARTS[plural]}", f"right_{PLURAL_PARTS[plural]}"
