"""What of some definitions can be measured on some skeleton, laid out for the loop over poses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from posecap.frames import HEADING_LINES
from posecap.posecodes.definitions import SUPER, Definitions
from posecap.posecodes.entries import Kind, PosecodeEntry, Requirement
from posecap.posecodes.measures import MEASURES, Measure
from posecap.skeletons import Skeleton

SIDEWAYS = "sideways of the viewer: the image shows it"
Ways = list[list[tuple[int, int]]]  # alternatives, each a conjunction of (column, category)


@dataclass(frozen=True)
class LeftOut:
    """A posecode or super-posecode that cannot be told on this skeleton in this frame, and why."""

    kind: str
    joints: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class KindPlan:
    """The measurable posecodes of one kind."""

    name: str
    measure: Measure
    columns: np.ndarray  # (K,) places in definitions.columns
    places: np.ndarray  # (K, num_joints) rows of the positions
    thresholds: np.ndarray  # (T,) float32
    noise: float
    joint_sets: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Plan:
    """Everything about definitions on a skeleton that does not depend on the poses."""

    skeleton: Skeleton
    kinds: tuple[KindPlan, ...]
    roles: tuple[str, ...]
    joints: tuple[int, ...]  # those that anything is measured on
    joint_of_place: tuple[int, ...]  # for each role its joint, -1 where it is no single joint
    ground: tuple[str, ...]  # joints and roles that can touch the ground
    left_out: tuple[LeftOut, ...]

    def named(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Rows (len(joints), 3, N) under the names of their joints."""
        return {self.skeleton.joints[joint]: row for joint, row in zip(self.joints, rows, strict=True)}

    @property
    def num_rotations(self) -> int:
        """How many joint rotations, root first, the measures of rotations need."""
        places = [kind.places for kind in self.kinds if kind.measure.needs_rotations]
        return 1 + max((self.joint_of_place[place] for rows in places for place in rows.flat), default=-1)


def make_plan(
    definitions: Definitions, skeleton: Skeleton, with_rotations: bool, frame: str = "body"
) -> Plan:
    """The plan for `definitions` on `skeleton` in `frame`, with or without joint rotations."""
    reasons = {
        column: _reason(definitions.kinds[kind], entry, skeleton, with_rotations, frame)
        for column, (kind, entry) in enumerate(definitions.columns)
    }
    able = [column for column, reason in reasons.items() if not reason]
    roles = tuple(dict.fromkeys(role for column in able for role in definitions.columns[column][1].joints))
    left_out = [
        LeftOut(definitions.columns[column][0], definitions.columns[column][1].joints, reason)
        for column, reason in reasons.items()
        if reason
    ]
    return Plan(
        skeleton=skeleton,
        kinds=tuple(_kind_plans(definitions, able, roles)),
        roles=roles,
        joints=_needed_joints(skeleton, roles),
        joint_of_place=tuple(_single_joint(skeleton, role) for role in roles),
        ground=skeleton.ground or skeleton.joints,
        left_out=(*left_out, *_left_out_supers(definitions, able)),
    )


def all_ways(definitions: Definitions) -> dict[str, Ways]:
    """For each super-posecode its ways as lists of (column, category)."""

    def code(need: Requirement) -> tuple[int, int]:
        categories = definitions.kinds[need.kind].categories
        return definitions.column(need.kind, need.joints), categories.index(need.category)

    return {
        name: [[code(need) for need in way] for way in super_posecode.ways]
        for name, super_posecode in definitions.super_posecodes.items()
    }


def _reason(kind: Kind, entry: PosecodeEntry, skeleton: Skeleton, with_rotations: bool, frame: str) -> str:
    measure = MEASURES[kind.measure]
    if measure.needs_rotations and not with_rotations:
        return "needs joint rotations"
    if measure.viewed == "sideways" and frame == "camera":
        return SIDEWAYS
    missing = [role for role in entry.joints if role not in skeleton.roles]
    return f"skeleton {skeleton.name} has no role {', '.join(missing)}" if missing else ""


def _kind_plans(definitions: Definitions, able: list[int], roles: tuple[str, ...]) -> Iterator[KindPlan]:
    for name, kind in definitions.kinds.items():
        columns = [column for column in able if definitions.columns[column][0] == name]
        joint_sets = tuple(definitions.columns[column][1].joints for column in columns)
        if columns:
            yield KindPlan(
                name=name,
                measure=MEASURES[kind.measure],
                columns=np.array(columns),
                places=np.array([[roles.index(role) for role in joints] for joints in joint_sets]),
                thresholds=compared_thresholds(kind),
                noise=kind.noise,
                joint_sets=joint_sets,
            )


def compared_thresholds(kind: Kind) -> np.ndarray:
    """(T,) float32 such that a value belongs to the first category whose threshold is not below it.

    Where ties fall inward, negative thresholds go one float lower: a value on them then lies above.
    """
    thresholds = np.array(kind.thresholds, np.float32)
    lower = np.nextafter(thresholds, np.float32(-np.inf))
    return np.where(thresholds < 0, lower, thresholds) if kind.ties == "inward" else thresholds


def _needed_joints(skeleton: Skeleton, roles: tuple[str, ...]) -> tuple[int, ...]:
    lines = [role for line in HEADING_LINES for role in line if role in skeleton.roles]
    named = (*roles, *lines)
    joints = frozenset().union(*(skeleton.joints_of(role) for role in named))
    grounds = (
        {skeleton.index(point)} if point in skeleton.joints else skeleton.joints_of(point)
        for point in skeleton.ground or skeleton.joints
    )
    return tuple(sorted(joints.union(*grounds)))


def _single_joint(skeleton: Skeleton, role: str) -> int:
    source = skeleton.roles[role]
    return skeleton.index(source) if isinstance(source, str) and source in skeleton.joints else -1


def _left_out_supers(definitions: Definitions, able: list[int]) -> Iterator[LeftOut]:
    for name, ways in all_ways(definitions).items():
        if not any(all(column in able for column, _ in way) for way in ways):
            yield LeftOut(SUPER, (name,), "none of its ways can be measured")
