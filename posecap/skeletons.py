"""Skeletons: joint names, parents, left/right pairs, and the roles that posecodes speak of."""

from __future__ import annotations

from functools import cache

import numpy as np
from pydantic import Field, model_validator

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest


class Extrapolation(Manifest):
    """A role that lies beyond a bone's end: `tip = end + length · unit(end − start)`."""

    start: str
    end: str
    length: float = Field(gt=0, description="metres")
    mean_with: str | None = Field(None, description="joint to average the tip with")


class Skeleton(Manifest):
    """A set of joints and what they are called.

    A role is a joint, a mean of joints, or an extrapolation beyond a bone (the hand of a body model
    without hand joints).
    """

    name: str
    description: str
    joints: tuple[str, ...] = Field(min_length=1)
    parents: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...] = Field(description="(left, right) joint names")
    roles: dict[str, str | tuple[str, ...] | Extrapolation]
    h36m17: tuple[tuple[str, ...], ...] | None = Field(
        None, description="for each of the 17 Human3.6M joints, the joints whose mean it is"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Skeleton:
        if len(set(self.joints)) != len(self.joints):
            raise ValueError("joints: a name occurs twice")
        if len(self.parents) != len(self.joints):
            raise ValueError(f"parents: expected {len(self.joints)} entries, one a joint")
        if any(not -1 <= parent < index for index, parent in enumerate(self.parents)):
            raise ValueError("parents: each must be -1 or the index of an earlier joint")
        known = set(self.joints)
        for pair in self.pairs:
            self._require(known, pair, "pairs")
        for role, source in self.roles.items():
            self._require(known, self._sources(source), f"roles.{role}")
        if self.h36m17 is not None and len(self.h36m17) != 17:
            raise ValueError("h36m17: expected 17 entries")
        for group in self.h36m17 or ():
            self._require(known, group, "h36m17")
        return self

    @staticmethod
    def _sources(source: str | tuple[str, ...] | Extrapolation) -> tuple[str, ...]:
        if isinstance(source, Extrapolation):
            return (source.start, source.end, *([source.mean_with] if source.mean_with else []))
        return (source,) if isinstance(source, str) else source

    @staticmethod
    def _require(known: set[str], used: tuple[str, ...], field: str) -> None:
        missing = [name for name in used if name not in known]
        if missing:
            raise ValueError(f"{field}: '{missing[0]}' is not a joint of this skeleton")

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

    def role_positions(self, joints: np.ndarray, roles: tuple[str, ...]) -> np.ndarray:
        """Positions (R, 3, N), one contiguous row per role and axis, from joints (N, J, 3), metres.

        Rows rather than points are contiguous because every posecode reads whole rows.
        """
        rows = np.ascontiguousarray(joints.transpose(1, 2, 0))
        return np.stack([self._role(rows, self.roles[role]) for role in roles])

    def _role(self, rows: np.ndarray, source: str | tuple[str, ...] | Extrapolation) -> np.ndarray:
        if isinstance(source, str):
            return rows[self.index(source)]
        if isinstance(source, Extrapolation):
            start, end = rows[self.index(source.start)], rows[self.index(source.end)]
            bone = end - start
            length = np.sqrt(np.einsum("cn,cn->n", bone, bone))
            tip = end + bone * (source.length / np.maximum(length, 1e-12))
            return (tip + rows[self.index(source.mean_with)]) / 2 if source.mean_with else tip
        return np.mean([rows[self.index(name)] for name in source], axis=0)

    def to_h36m17(self, joints: np.ndarray) -> np.ndarray:
        """(..., J, 3) joints of this skeleton to (..., 17, 3) in Human3.6M order."""
        if self.h36m17 is None:
            raise InputError(f"skeleton {self.name} has no map to h36m17")
        groups = [[self.index(name) for name in group] for group in self.h36m17]
        return np.stack([joints[..., group, :].mean(-2) for group in groups], axis=-2)


@cache
def load_skeleton(name: str) -> Skeleton:
    """The shipped skeleton `name`, or one in a user's `.yaml` file; InputError where there is none."""
    return manifests.load("skeletons", name, Skeleton)


def skeleton_names() -> list[str]:
    """Names of the shipped skeletons."""
    return manifests.names("skeletons")
