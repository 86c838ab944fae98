"""Key poses over time: every channel is a sum of minimum-jerk moves, so it is smooth whatever overlaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from posecap.demo.action import REST, Action, Beat, Range, expand, mirrored

_LIMB_DELAY = 0.08
_DELAYED = ("left_hand", "right_hand", "head", "trunk")
_FOOT_TIME = 0.75


def minimum_jerk(s: np.ndarray) -> np.ndarray:
    """0 to 1 with no velocity or acceleration at either end (Flash and Hogan, 1985)."""
    s = np.clip(s, 0, 1)
    return s**3 * (10 - 15 * s + 6 * s**2)


def draw(value: Range, rng: np.random.Generator) -> float:
    """A number from a range, or the number itself."""
    return float(rng.uniform(*value)) if isinstance(value, tuple) else float(value)


@dataclass
class Timeline:
    """Channels of one sequence: values (T,) a channel, and when a foot is in the air between two places."""

    times: np.ndarray
    rest: dict[str, float]
    rng: np.random.Generator
    tempo: float = 1.0
    values: dict[str, np.ndarray] = field(default_factory=dict)
    swings: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: {"left": [], "right": []})
    goal: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.goal = dict(self.rest)
        self.values = {name: np.full(len(self.times), value) for name, value in self.rest.items()}

    def move(self, start: float, duration: float, goals: dict[str, float]) -> None:
        """Adds moves of channels to `goals` in [start, start + duration]; limbs start a little apart."""
        delay = {limb: self.rng.uniform(0, _LIMB_DELAY) for limb in _DELAYED}
        window = self._swings(start, duration, goals)
        for name, goal in goals.items():
            limb = name.split(".")[0]
            first, length = start + delay.get(limb, 0.0), duration
            if "_foot" in name and goal != self.goal[name]:
                first, end = window[name.split("_")[0]]
                length = end - first
            self.values[name] += (goal - self.goal[name]) * minimum_jerk((self.times - first) / length)
            self.goal[name] = goal

    def _swings(
        self, start: float, duration: float, goals: dict[str, float]
    ) -> dict[str, tuple[float, float]]:
        """When each foot that has a new goal is in the air: one after the other, never both at once."""
        moved = [name for name, goal in goals.items() if "_foot" in name and goal != self.goal[name]]
        feet = sorted({name.split("_")[0] for name in moved})
        share = duration / max(len(feet), 1)
        length = min(share, _FOOT_TIME)
        firsts = {side: start + place * share + 0.3 * (share - length) for place, side in enumerate(feet)}
        windows = {side: (first, first + length) for side, first in firsts.items()}
        for side, window in windows.items():
            self.swings[side].append(window)
        return windows


def play(action: Action, timeline: Timeline, mirror: bool) -> None:
    """Plays the beats of an action again and again until the time is filled."""
    clock = timeline.rng.uniform(0.0, 0.25)
    while clock < timeline.times[-1]:
        for beat in _unrolled(action.beats, timeline.rng):
            goals = _goals(beat, timeline, mirror)
            duration = draw(beat.move, timeline.rng) * timeline.tempo
            timeline.move(clock, duration, goals)
            clock += duration + draw(beat.hold, timeline.rng) * timeline.tempo
        mirror = mirror != action.alternate


def _unrolled(beats: tuple[Beat, ...], rng: np.random.Generator) -> Iterator[Beat]:
    for beat in beats:
        if rng.random() > beat.chance:
            continue
        for _ in range(int(rng.integers(beat.times[0], beat.times[1] + 1))):
            yield beat
            yield from _unrolled(beat.then, rng)


def _goals(beat: Beat, timeline: Timeline, mirror: bool) -> dict[str, float]:
    if beat.pose == "rest":
        return dict(timeline.rest)
    goals: dict[str, float] = {}
    for name, value in beat.pose.items():
        for channel in expand(name):
            goal = draw(value, timeline.rng)
            key, goal = mirrored(channel, goal) if mirror else (channel, goal)
            goals[key] = goal
    return goals


def base_pose(rng: np.random.Generator) -> dict[str, float]:
    """REST with one person's posture of one day."""
    rest = dict(REST)
    for side in ("left", "right"):
        rest[f"{side}_hand.raise"] += rng.uniform(-2, 5)
        rest[f"{side}_hand.elbow"] += rng.uniform(-5, 14)
        rest[f"{side}_hand.plane"] += rng.uniform(-25, 15)
        rest[f"{side}_foot.turn"] += rng.uniform(2, 12)
    rest["trunk.bend"] += rng.uniform(-3, 6)
    rest["head.nod"] += rng.uniform(-4, 6)
    return rest
