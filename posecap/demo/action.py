"""Actions as data: `manifests/demo/actions/NAME.yaml`, key poses one after the other, with random timing."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from posecap import manifests
from posecap.manifests import Manifest

Range = float | tuple[float, float]

# value at rest of every channel; degrees, fractions of the leg length (hips, feet), metres (travel)
_HAND = {"raise": 7.0, "plane": 50.0, "elbow": 16.0, "swivel": 12.0}
_FOOT = {"forward": 0.0, "out": 0.0, "up": 0.0, "turn": 0.0}
REST: dict[str, float] = {
    "hips.forward": 0.0,
    "hips.left": 0.0,
    "hips.height": 1.0,
    "hips.pitch": 0.0,
    "hips.roll": 0.0,
    "hips.turn": 0.0,
    "trunk.bend": 0.0,
    "trunk.side": 0.0,
    "trunk.turn": 0.0,
    "head.nod": 0.0,
    "head.tilt": 0.0,
    "head.turn": 0.0,
    "travel.speed": 0.0,
    "travel.left": 0.0,
    "travel.turn": 0.0,
    "travel.lift": 0.0,
    **{f"{side}_hand.{name}": value for side in ("left", "right") for name, value in _HAND.items()},
    **{f"{side}_foot.{name}": value for side in ("left", "right") for name, value in _FOOT.items()},
    **{f"{side}_knee.out": 6.0 for side in ("left", "right")},
}

# channels that a mirror turns round; those of limbs are counted outwards and only change sides
LATERAL = {
    "hips.left",
    "hips.roll",
    "hips.turn",
    "trunk.side",
    "trunk.turn",
    "head.tilt",
    "head.turn",
    "travel.left",
    "travel.turn",
}
BOTH = {"hands.": "hand.", "feet.": "foot.", "knees.": "knee."}


class Beat(Manifest):
    """One move to a key pose, and how long it is held. Ranges are drawn anew each time."""

    move: Range = Field(description="seconds of the move")
    hold: Range = 0.0
    pose: dict[str, Range] | Literal["rest"] = Field(description="channel: value at the end of the move")
    chance: float = Field(1.0, ge=0, le=1)
    times: tuple[int, int] = (1, 1)
    then: tuple[Beat, ...] = Field((), description="beats that follow this one each of its `times`")

    @model_validator(mode="after")
    def _known_channels(self) -> Beat:
        for name in self.pose if isinstance(self.pose, dict) else ():
            if any(channel not in REST for channel in expand(name)):
                raise ValueError(f"'{name}' is not a channel; known: {', '.join([*REST, *BOTH])}")
        return self


class Action(Manifest):
    """An action of the demo, written for the right side; takes and repetitions are mirrored."""

    name: str
    label: str = Field(description="what the person does, in words")
    alternate: bool = Field(False, description="each repetition on the other side")
    cadence: Range = Field((1.7, 2.0), description="steps a second")
    beats: tuple[Beat, ...]


def expand(name: str) -> tuple[str, ...]:
    """The channels a name stands for: `hands.raise` is both hands."""
    for both, one in BOTH.items():
        if name.startswith(both):
            return tuple(f"{side}_{one}{name.removeprefix(both)}" for side in ("left", "right"))
    return (name,)


def mirrored(channel: str, value: float) -> tuple[str, float]:
    """Channel and value of the mirrored pose."""
    if channel in LATERAL:
        return channel, -value
    if channel.startswith("left_"):
        return "right_" + channel.removeprefix("left_"), value
    if channel.startswith("right_"):
        return "left_" + channel.removeprefix("right_"), value
    return channel, value


def load_action(name: str) -> Action:
    """The shipped action `name`; InputError where there is none."""
    return manifests.load("demo/actions", name, Action, "demo action")
