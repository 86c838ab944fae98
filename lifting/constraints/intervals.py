"""What statements and categories allow: an interval of a value each, and how far a value is outside."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posecap.errors import unknown_name
from posecap.posecodes.definitions import Definitions, Kind

PENALTIES = ("hinge", "soft")
# what counts as one unit of violation, and what is forgiven: rounding, with room to spare
SCALES = {"degree": 30.0, "metre": 0.15}
PITCH_ROLL_SCALE = 25.0
TOLERANCES = {"degree": 0.2, "metre": 0.001}


class Intervals(nn.Module):
    """Bounds of every statement and of every category of some definitions.

    Args:
        definitions: whose statements and categories.
        penalty: `hinge`: 0 inside the interval, then linear; `soft`: the negative logarithm of a
            soft membership (up to a constant), which also pulls values away from a bound inside.
        slack: multiples of each kind's noise that are forgiven: 1 where captions were made with noise.
        softness: width of the soft membership's edge, in units of violation.

    One unit of violation is 30 degrees, 0.15 m, or 25 degrees of a bone from the vertical.
    """

    bounds: Tensor
    scales: Tensor
    tolerances: Tensor
    statement_columns: Tensor
    statement_categories: Tensor

    def __init__(
        self, definitions: Definitions, penalty: str = "hinge", slack: float = 0.0, softness: float = 0.2
    ) -> None:
        super().__init__()
        if penalty not in PENALTIES:
            raise unknown_name("penalty", penalty, PENALTIES)
        self.penalty, self.softness = penalty, softness
        kinds = [definitions.kinds[kind] for kind, _ in definitions.columns]
        longest = max(len(kind.categories) for kind in kinds)
        self._buffer("bounds", np.stack([_bounds(kind, longest) for kind in kinds]))
        self._buffer("scales", [_scale(kind) for kind in kinds])
        self._buffer("tolerances", [TOLERANCES[kind.unit] + slack * kind.noise for kind in kinds])
        plain = [statement for statement in definitions.statements if statement.posecode >= 0]
        self._buffer("statement_columns", [statement.posecode for statement in plain])
        self._buffer("statement_categories", [statement.category_index for statement in plain])
        self.num_statements = len(definitions.statements)
        self.ways = [_ways(definitions, s.super_posecode) for s in definitions.statements[len(plain) :]]

    def _buffer(self, name: str, values: object) -> None:
        array = np.asarray(values)
        tensor = torch.as_tensor(array.astype(np.float32) if array.dtype.kind == "f" else array)
        self.register_buffer(name, tensor, persistent=False)

    def penalties(self, values: Tensor, columns: Tensor, categories: Tensor) -> Tensor:
        """How far values are outside of their categories, in units of violation.

        Args:
            values: (..., K) of all posecodes.
            columns, categories: (P,), or categories (..., P) of each row.

        Returns (..., P).
        """
        chosen = values[..., columns]
        below = self.bounds[columns, categories].to(values.dtype) - chosen
        above = chosen - self.bounds[columns, categories + 1].to(values.dtype)
        scale, tolerance = self.scales[columns], self.tolerances[columns]
        if self.penalty == "hinge":
            return (F.relu(below - tolerance) + F.relu(above - tolerance)) / scale
        edge = scale * self.softness
        return F.softplus(below / edge) + F.softplus(above / edge)

    def statement_penalties(self, values: Tensor) -> Tensor:
        """(..., S): for each statement how far values (..., K) are from what it says.

        A super-posecode counts as its nearest way, a way as the sum of its requirements.
        """
        plain = self.penalties(values, self.statement_columns, self.statement_categories)
        supers = [self._nearest_way(values, ways) for ways in self.ways]
        return torch.cat([plain, *(penalty[..., None] for penalty in supers)], dim=-1)

    def statements_known(self, known: Tensor) -> Tensor:
        """(..., S) bool: statements all of whose values are known, from known (..., K)."""
        supers = [
            known[..., [column for way in ways for column, _ in way]].all(-1, True) for ways in self.ways
        ]
        return torch.cat([known[..., self.statement_columns], *supers], dim=-1)

    def category_penalties(self, values: Tensor, categories: Tensor) -> Tensor:
        """(..., K) for categories (..., K); what is -1 counts as category 0: mask it."""
        columns = torch.arange(values.shape[-1], device=values.device)
        return self.penalties(values, columns, categories.long().clamp(min=0))

    def _nearest_way(self, values: Tensor, ways: list[list[tuple[int, int]]]) -> Tensor:
        sums = []
        for way in ways:
            columns, categories = torch.tensor(way, device=values.device).T
            sums.append(self.penalties(values, columns, categories).sum(-1))
        return torch.stack(sums).amin(0)


def _bounds(kind: Kind, longest: int) -> np.ndarray:
    """(longest + 1,) edges of a kind's categories, infinite at both ends."""
    edges = np.full(longest + 1, math.inf)
    edges[0] = -math.inf
    edges[1 : len(kind.thresholds) + 1] = kind.thresholds
    return edges


def _scale(kind: Kind) -> float:
    return PITCH_ROLL_SCALE if kind.measure == "pitch_roll" else SCALES[kind.unit]


def _ways(definitions: Definitions, index: int) -> list[list[tuple[int, int]]]:
    """For each way of a super-posecode its (column, category) requirements."""
    code = list(definitions.super_posecodes.values())[index]
    return [
        [
            (
                definitions.column(need.kind, need.joints),
                definitions.kinds[need.kind].categories.index(need.category),
            )
            for need in way
        ]
        for way in code.ways
    ]
