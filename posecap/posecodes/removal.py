"""Statistical removal: statements that go without saying where others are told."""

from __future__ import annotations

import numpy as np

from posecap.posecodes.definitions import Definitions


def remove_implied(definitions: Definitions, states: np.ndarray) -> np.ndarray:
    """`states` (U, S) bool of told statements without those that the removal rules find redundant.

    Rules act in the order of the file, and only on statements that are still told: what a rule has
    removed can remove nothing itself, so everything unsaid follows from something said.
    """
    rows = states.T.copy()
    ids = definitions.statement_ids
    for rule in definitions.removal_rules:
        given = np.logical_and.reduce([rows[ids[name]] for name in rule.given])
        rows[ids[rule.remove]] &= ~given
    return np.ascontiguousarray(rows.T)
