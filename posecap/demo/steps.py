"""Where the feet are: a path on the floor, steps along it, and steps that an action asks for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.demo.bodies import Body
from posecap.demo.timeline import Timeline, minimum_jerk

# share of a step's period that the ankle rests before and after mid-stance
_HALF_STANCE = 0.43
_LEAD = 0.14
SIDES = {"left": 1.0, "right": -1.0}


@dataclass(frozen=True)
class Path:
    """Place (T, 2) metres, heading (T,) degrees and speed (T,) m/s of the body on the floor."""

    times: np.ndarray
    place: np.ndarray
    heading: np.ndarray
    speed: np.ndarray
    lift: np.ndarray

    def at(self, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Place (M, 2), heading (M,) and lift (M,) at `moments`."""
        place = np.stack([np.interp(moments, self.times, axis) for axis in self.place.T], axis=-1)
        return place, np.interp(moments, self.times, self.heading), np.interp(moments, self.times, self.lift)


@dataclass(frozen=True)
class Foot:
    """One foot's motion.

    ankle (T, 3) metres; heading (T,) degrees; contact (T,): it stands still on the floor;
    airborne (T,): 0 to 1, how far its weight has gone to the other foot.
    """

    ankle: np.ndarray
    heading: np.ndarray
    contact: np.ndarray
    airborne: np.ndarray


def forward_left(heading: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors (T, 2) ahead and to the left of headings (T,) degrees."""
    angle = np.radians(heading)
    ahead = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    return ahead, np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)


def make_path(timeline: Timeline, body: Body, heading: float) -> Path:
    """Integrates the travel channels (speeds for a leg of 0.87 m); the path's middle becomes the origin."""
    times, values = timeline.times, timeline.values
    step = times[1] - times[0]
    headings = heading + np.cumsum(values["travel.turn"]) * step
    ahead, left = forward_left(headings)
    velocity = ahead * values["travel.speed"][:, None] + left * values["travel.left"][:, None]
    velocity *= body.leg / 0.87
    place = np.cumsum(velocity, axis=0) * step
    place -= (place.min(0) + place.max(0)) / 2
    return Path(times, place, headings, np.linalg.norm(velocity, axis=-1), values["travel.lift"])


@dataclass(frozen=True)
class Walk:
    """Seconds from one mid-stance to the other foot's, this foot's first, half the width between the feet."""

    period: float
    first: float
    width: float


def make_foot(side: str, path: Path, timeline: Timeline, body: Body, walk: Walk) -> Foot:
    """One foot's steps along the path, from mid-stance to mid-stance, and those that the action asks for."""
    ground, heading, height, moving = _walked(side, path, body, walk)
    values = {name: timeline.values[f"{side}_foot.{name}"] for name in ("forward", "out", "up", "turn")}
    ahead, left = forward_left(path.heading)
    offset = ahead * values["forward"][:, None] + SIDES[side] * left * values["out"][:, None]
    lifted = height + values["up"] * body.leg
    for start, end in timeline.swings[side]:
        s = np.clip((path.times - start) / (end - start), 0, 1)
        lifted = lifted + 0.05 * _bump(s)
        moving = moving | ((s > 0) & (s < 1))
    away = moving | (values["up"] > 1e-6)
    ankle = np.concatenate([ground + offset * body.leg, (body.ankle + lifted)[:, None]], axis=-1)
    return Foot(ankle, heading + SIDES[side] * values["turn"], ~away, _soft(away.astype(float), path.times))


def _walked(
    side: str, path: Path, body: Body, walk: Walk
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Place (T, 2), heading, height above rest and whether it moves (T,), while the path moves."""
    stride = 2 * walk.period
    centres = np.arange(walk.first - 2 * stride, path.times[-1] + 2 * stride, stride)
    place, heading, lift = path.at(centres)
    stands = place + SIDES[side] * walk.width * forward_left(heading)[1]
    index = np.clip(np.searchsorted(centres, path.times, side="right") - 1, 0, len(centres) - 2)
    since = path.times - centres[index] - _HALF_STANCE * walk.period
    swing = np.clip(since / (stride * (1 - _HALF_STANCE)), 0, 1)
    share = minimum_jerk((swing - _LEAD) / (1 - 2 * _LEAD))
    step, turn = np.diff(stands, axis=0)[index], np.diff(heading)[index]
    length = np.linalg.norm(step, axis=-1) + 0.006 * np.abs(turn)
    raised = np.maximum(lift[index], lift[index + 1]) * body.leg
    moving = (swing > 0) & (swing < 1) & (length + raised > 2e-3)
    height = (_step_height(length) + raised) * _bump(swing)
    return stands[index] + step * share[:, None], heading[index] + turn * share, height, moving


def _step_height(length: np.ndarray) -> np.ndarray:
    return 0.12 * np.minimum(length / 0.6, 1.0) ** 0.7


def _bump(s: np.ndarray) -> np.ndarray:
    """0 at both ends, 1 at its top, which comes early: the heel rises before the leg swings."""
    warped = s**0.8
    return (4 * warped * (1 - warped)) ** 2.6


def _soft(flags: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Flags (T,) 0/1 made smooth over half a second, so that weight shifts before a foot leaves the floor."""
    half = round(0.3 / (times[1] - times[0]))
    window = np.hanning(2 * half + 1)
    padded = np.pad(flags, half, mode="edge")
    return np.convolve(padded, window / window.sum(), mode="valid")
