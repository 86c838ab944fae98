"""H-MPJPE (P3): mean over the hard actions."""

from __future__ import annotations

from collections.abc import Mapping

from posecap.errors import InputError

HARD_ACTIONS = ("Sitting", "SittingDown", "Photo")


def p3(per_action: Mapping[str, float]) -> float:
    """Plain mean of the hard actions' errors; InputError where one of them is not there."""
    missing = [action for action in HARD_ACTIONS if action not in per_action]
    if missing:
        raise InputError(
            f"P3 is the mean over {', '.join(HARD_ACTIONS)}; the results lack {', '.join(missing)}"
        )
    return sum(float(per_action[action]) for action in HARD_ACTIONS) / len(HARD_ACTIONS)
