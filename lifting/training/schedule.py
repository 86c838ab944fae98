"""Learning rate over a run."""

from __future__ import annotations

import math

from lifting.recipes import ScheduleChoice


def learning_rate_factor(schedule: ScheduleChoice, step: int, epoch: int, share: float) -> float:
    """Factor of the recipe's learning rate at optimiser step `step` of epoch `epoch`.

    share: 0..1 of the run that is done, by steps or by the clock, whichever is further.
    """
    warmup = min(1.0, (step + 1) / schedule.warmup_steps) if schedule.warmup_steps else 1.0
    if schedule.name == "exponential":
        return warmup * schedule.gamma**epoch
    if schedule.name == "cosine":
        return warmup * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
    return warmup
