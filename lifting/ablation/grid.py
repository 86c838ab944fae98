"""Grids: named variants of a recipe, as manifests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import model_validator

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest

FAMILY = "grids"
Changes = dict[str, dict[str, Any]]
FIRST, OTHERS = "FIRST", "OTHERS"


class Grid(Manifest):
    """Variants by name, each the recipe's sections with what differs; `reference` is compared with.

    each_encoder: changes of one further variant for every text encoder in the shards. In lists of
    subjects FIRST stands for the first training subject and OTHERS for the rest.
    """

    name: str
    description: str
    reference: str
    variants: dict[str, Changes]
    each_encoder: Changes | None = None

    @model_validator(mode="after")
    def _reference_is_a_variant(self) -> Grid:
        if self.reference not in self.variants:
            raise ValueError(f"reference: '{self.reference}' is not a variant")
        return self

    def resolve(self, subjects: Sequence[str], encoders: Sequence[str]) -> dict[str, Changes]:
        """The variants for shards with these training subjects and encoders."""
        found = {name: _fill(changes, subjects) for name, changes in self.variants.items()}
        if self.each_encoder is None:
            return found
        if not encoders:
            raise InputError(f"grid {self.name}: no text features in the shards, see posecap embed")
        for encoder in encoders:
            alignment = {**self.each_encoder.get("alignment", {}), "encoder": encoder}
            found[encoder] = {**self.each_encoder, "alignment": alignment}
        return found


def grid_names() -> list[str]:
    """Names of the shipped grids."""
    return manifests.names(FAMILY)


def load_grid(name: str) -> Grid:
    """The shipped grid `name`, or one in a user's `.yaml` file."""
    return manifests.load(FAMILY, name, Grid, "grid")


def _fill(changes: Changes, subjects: Sequence[str]) -> Changes:
    """FIRST and OTHERS replaced in every list."""
    return {
        section: {key: _subjects(value, subjects) for key, value in fields.items()}
        for section, fields in changes.items()
    }


def _subjects(value: Any, subjects: Sequence[str]) -> Any:
    if not isinstance(value, list):
        return value
    return [name for item in value for name in _named(item, subjects)]


def _named(item: Any, subjects: Sequence[str]) -> Sequence[Any]:
    if item in (FIRST, OTHERS) and len(subjects) < 2:
        raise InputError("this grid needs at least two training subjects")
    return {FIRST: subjects[:1], OTHERS: subjects[1:]}.get(item, [item])
