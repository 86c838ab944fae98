"""From channels and feet to 17 joints: pelvis over the feet, trunk, arms by angles, legs by their ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.demo.bodies import Body
from posecap.demo.limbs import bent_joint, perpendicular, reach_of, rotation, soft_minimum, unit
from posecap.demo.steps import SIDES, Foot, Path, forward_left

_STRAIGHT = 0.996
_SOFT = 0.014
_LEG = {"right": (1, 2, 3), "left": (4, 5, 6)}
_ARM = {"left": (11, 12, 13), "right": (14, 15, 16)}
_DOWN = np.array([0.0, 0.0, -1.0])

Channels = dict[str, np.ndarray]


@dataclass(frozen=True)
class Sway:
    """Tremor of pelvis (T, 3) metres and of each arm (T, 2) degrees."""

    pelvis: np.ndarray
    arms: dict[str, np.ndarray]


def build_figure(body: Body, channels: Channels, path: Path, feet: dict[str, Foot], sway: Sway) -> np.ndarray:
    """(T, 17, 3) joints in metres, Human3.6M order, Z up."""
    joints = np.zeros((len(path.times), 17, 3))
    heading = path.heading + channels["hips.turn"]
    pelvis = rotation(heading, channels["hips.pitch"], channels["hips.roll"])
    hips = {side: pelvis @ np.array([0.0, sign * body.hip, 0.0]) for side, sign in SIDES.items()}
    joints[:, 0] = _pelvis_place(body, channels, path, feet, hips, sway)
    for side, (hip, knee, ankle) in _LEG.items():
        joints[:, hip] = joints[:, 0] + hips[side]
        joints[:, knee], joints[:, ankle] = _leg(body, joints[:, hip], feet[side], heading, channels, side)
    chest = _trunk(joints, body, channels, pelvis)
    for side, indices in _ARM.items():
        _arm(joints, indices, body, channels, chest, side, sway.arms[side])
    return joints


def _pelvis_place(
    body: Body, channels: Channels, path: Path, feet: dict[str, Foot], hips: dict[str, np.ndarray], sway: Sway
) -> np.ndarray:
    """Over the feet, leaning over the one that carries, as high as the channels ask and both legs reach."""
    ahead, left = forward_left(path.heading)
    across = {side: np.sum((foot.ankle[:, :2] - path.place) * left, axis=-1) for side, foot in feet.items()}
    carry = feet["right"].airborne - feet["left"].airborne
    standing = np.clip(1 - path.speed / 0.8, 0.35, 1)
    lean = 0.5 * standing * carry * (across["left"] - across["right"]) / 2
    place = np.empty((len(path.times), 3))
    place[:, :2] = path.place + ahead * (channels["hips.forward"] * body.leg)[:, None]
    place[:, :2] += left * (lean + channels["hips.left"] * body.leg)[:, None] + sway.pelvis[:, :2]
    limits = [_highest(body, place[:, :2], feet[side].ankle, hips[side]) for side in SIDES]
    wanted = channels["hips.height"] * (body.ankle + 0.99 * body.leg)
    place[:, 2] = soft_minimum(wanted, *limits, width=_SOFT) + sway.pelvis[:, 2]
    return place


def _highest(body: Body, place: np.ndarray, ankle: np.ndarray, hip: np.ndarray) -> np.ndarray:
    """(T,) pelvis height at which a leg is straight."""
    across = np.sum((place + hip[:, :2] - ankle[:, :2]) ** 2, axis=-1)
    room = np.maximum((_STRAIGHT * body.leg) ** 2 - across, 0.01)
    return ankle[:, 2] + np.sqrt(room) - hip[:, 2]


def _leg(
    body: Body, hip: np.ndarray, foot: Foot, heading: np.ndarray, channels: Channels, side: str
) -> tuple[np.ndarray, np.ndarray]:
    axis = unit(foot.ankle - hip)
    wanted = np.linalg.norm(foot.ankle - hip, axis=-1)
    reach = np.where(
        foot.contact & (wanted < body.leg),
        wanted,
        soft_minimum(wanted, np.full_like(wanted, body.leg * 0.9985), width=1e-4),
    )
    turned = (foot.heading + heading) / 2 + SIDES[side] * channels[f"{side}_knee.out"]
    left = np.concatenate([forward_left(turned)[1], np.zeros((len(turned), 1))], axis=-1)
    knee = bent_joint(hip, axis, reach, unit(np.cross(axis, left)), body.thigh, body.shin)
    return knee, hip + reach[:, None] * axis


def _trunk(joints: np.ndarray, body: Body, channels: Channels, pelvis: np.ndarray) -> np.ndarray:
    """Sets spine, thorax, neck and head; gives the chest's rotation (T, 3, 3)."""
    turn, bend, side = (channels[f"trunk.{name}"] for name in ("turn", "bend", "side"))
    loin = pelvis @ rotation(0.3 * turn, 0.4 * bend, 0.4 * side)
    chest = pelvis @ rotation(turn, bend, side)
    look = [channels["head.turn"], channels["head.nod"] - 0.35 * bend, channels["head.tilt"]]
    neck = chest @ rotation(*(0.5 * angle for angle in look))
    head = chest @ rotation(*look)
    joints[:, 7] = joints[:, 0] + loin @ _along(-0.06) * body.loin
    joints[:, 8] = joints[:, 7] + chest @ _along(-0.02) * body.chest
    joints[:, 9] = joints[:, 8] + neck @ _along(0.28) * body.neck
    joints[:, 10] = joints[:, 9] + head @ _along(0.1) * body.head
    return chest


def _along(ahead: float) -> np.ndarray:
    vector = np.array([ahead, 0.0, 1.0])
    return vector / np.linalg.norm(vector)


def _arm(
    joints: np.ndarray,
    indices: tuple[int, int, int],
    body: Body,
    channels: Channels,
    chest: np.ndarray,
    side: str,
    tremor: np.ndarray,
) -> None:
    """The hand lies in a direction (raise, plane) from the shoulder; the elbow's bend says how far away."""
    sign, hand = (
        SIDES[side],
        {name: channels[f"{side}_hand.{name}"] for name in ("raise", "plane", "elbow", "swivel")},
    )
    shrug = np.radians(2 + 0.13 * np.maximum(hand["raise"] - 40, 0))
    collar = np.stack([0 * shrug - 0.02, sign * np.cos(shrug), np.sin(shrug) - 0.12], axis=-1)
    shoulder = joints[:, 8] + (chest @ (unit(collar) * body.collar)[:, :, None])[:, :, 0]
    ahead, out = _arm_axes(chest, sign)
    raised = np.radians(hand["raise"] + tremor[:, 0])[:, None]
    plane = np.radians(hand["plane"])[:, None]
    axis = np.cos(raised) * _DOWN + np.sin(raised) * (np.cos(plane) * ahead + np.sin(plane) * out)
    axis = unit(axis + np.radians(tremor[:, 1])[:, None] * np.cross(axis, ahead + 0.3 * _DOWN))
    bend = perpendicular(np.sin(raised) * _DOWN - np.cos(raised) * ahead, axis)
    swivel = np.radians(hand["swivel"])[:, None]
    bend = np.cos(swivel) * bend + np.sin(swivel) * sign * np.cross(axis, bend)
    reach = reach_of(hand["elbow"], body.upper_arm, body.forearm)
    joints[:, indices[0]] = shoulder
    joints[:, indices[1]] = bent_joint(shoulder, axis, reach, bend, body.upper_arm, body.forearm)
    joints[:, indices[2]] = shoulder + reach[:, None] * axis


def _arm_axes(chest: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """Ahead and outward (T, 3), level: the chest's heading without its lean, so that arms hang down."""
    left = chest[:, :, 1] * np.array([1.0, 1.0, 0.0])
    left = unit(left)
    return np.cross(left, -_DOWN), sign * left
