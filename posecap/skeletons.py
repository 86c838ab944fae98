"""Skeletons: joint names, parents, left/right pairs, and the roles that posecodes speak of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest

Unit = Literal["m", "cm", "mm", "in"]
UpAxis = Literal["x", "y", "z", "-x", "-y", "-z"]


class Extrapolation(Manifest):
    """A point beyond the end of a bone: `end + length · unit(end − start)`."""

    start: str
    end: str
    length: float = Field(gt=0, description="metres")


Mean = Annotated[tuple[str, ...], Field(min_length=1)]
Source = str | Mean | Extrapolation


class Skeleton(Manifest):
    """A set of joints and what they are called.

    A role is a joint, a mean, or a point beyond a bone (the fingers of a body model without hand
    joints); its sources are joints or roles that stand before it in the file.
    """

    name: str
    description: str
    joints: tuple[str, ...] = Field(min_length=1)
    parents: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...] = Field(description="(left, right) joint names")
    roles: dict[str, Source]
    ground: tuple[str, ...] | None = Field(
        None, description="joints and roles that can touch the ground; all joints if not given"
    )
    posecodes: str = Field("posescript", description="posecode definitions used when none are named")
    unit: Unit = Field("m", description="of files in this skeleton's usual format")
    up: Literal["x", "y", "z", "-x", "-y", "-z"] = Field(
        "z", description="of files in this skeleton's usual format"
    )
    h36m17: tuple[Mean, ...] | None = Field(
        None, description="for each of the 17 Human3.6M joints, the joints whose mean it is"
    )

    @model_validator(mode="after")
    def _joints_are_consistent(self) -> Skeleton:
        if len(set(self.joints)) != len(self.joints):
            raise ValueError("joints: a name occurs twice")
        if len(self.parents) != len(self.joints):
            raise ValueError(f"parents: expected {len(self.joints)} entries, one a joint")
        if not all(self._leads_to_a_root(joint) for joint in range(len(self.joints))):
            raise ValueError("parents: expected indices of joints without cycles, -1 for a root")
        for pair in self.pairs:
            _require(self.joints, pair, "pairs")
        if self.h36m17 is not None and len(self.h36m17) != 17:
            raise ValueError("h36m17: expected 17 entries")
        for group in self.h36m17 or ():
            _require(self.joints, group, "h36m17")
        return self

    @model_validator(mode="after")
    def _roles_are_consistent(self) -> Skeleton:
        known = [*self.joints]
        for role, source in self.roles.items():
            _require(known, _sources(source), f"roles.{role}")
            known.append(role)
        _require(known, self.ground or (), "ground")
        return self

    def _leads_to_a_root(self, joint: int) -> bool:
        for _ in self.joints:
            joint = self.parents[joint]
            if not 0 <= joint < len(self.joints):
                return joint == -1
        return False

    @property
    def num_joints(self) -> int:
        return len(self.joints)

    def index(self, joint: str) -> int:
        """Position of a joint name."""
        return self.joints.index(joint)

    def mirror_order(self) -> np.ndarray:
        """(J,) permutation that swaps left and right joints."""
        order = np.arange(self.num_joints)
        for left, right in self.pairs:
            order[[self.index(left), self.index(right)]] = self.index(right), self.index(left)
        return order

    def joints_of(self, role: str) -> frozenset[int]:
        """Indices of the joints that a role (or a joint) is made of."""
        parts = _sources(self.roles.get(role, role))
        return frozenset().union(
            *({self.index(part)} if part in self.joints else self.joints_of(part) for part in parts)
        )

    def role_positions(self, joints: np.ndarray, roles: Iterable[str]) -> np.ndarray:
        """Positions (R, 3, N), one contiguous row per role and axis, from joints (N, J, 3)."""
        rows = np.ascontiguousarray(np.asarray(joints).transpose(1, 2, 0))
        named = dict(zip(self.joints, rows, strict=True))
        return np.stack([self.role_row(role, named) for role in roles])

    def role_row(self, role: str, rows: Mapping[str, np.ndarray]) -> np.ndarray:
        """(3, N) of a role, or of a joint that is no role, from the rows (3, N) of joints by name."""
        source = self.roles.get(role, role)
        parts = [rows[part] if part in rows else self.role_row(part, rows) for part in _sources(source)]
        if not isinstance(source, Extrapolation):
            return sum(parts[1:], parts[0]) / len(parts) if len(parts) > 1 else parts[0]
        bone = parts[1] - parts[0]
        length = np.sqrt(np.einsum("cn,cn->n", bone, bone))
        return parts[1] + bone * (source.length / np.maximum(length, 1e-12))

    def to_h36m17(self, joints: np.ndarray) -> np.ndarray:
        """(..., J, 3) joints of this skeleton to (..., 17, 3) in Human3.6M order."""
        if self.h36m17 is None:
            raise InputError(f"skeleton {self.name} has no map to h36m17")
        groups = [[self.index(name) for name in group] for group in self.h36m17]
        return np.stack([joints[..., group, :].mean(-2) for group in groups], axis=-2)


def load_skeleton(name: str) -> Skeleton:
    """The shipped skeleton `name`, or one in a user's `.yaml` file; InputError where there is none."""
    return manifests.load("skeletons", name, Skeleton)


def skeleton_names() -> list[str]:
    """Names of the shipped skeletons."""
    return manifests.names("skeletons")


def _sources(source: Source) -> tuple[str, ...]:
    if isinstance(source, Extrapolation):
        return (source.start, source.end)
    return (source,) if isinstance(source, str) else source


def _require(known: Iterable[str], used: Iterable[str], field: str) -> None:
    missing = [name for name in used if name not in known]
    if missing:
        raise ValueError(f"{field}: '{missing[0]}' is not a joint of this skeleton")
