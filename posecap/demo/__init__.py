"""Procedural human motion: no download, seeded, NumPy only. It is invented, never a recording."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from posecap.demo.action import Action, load_action
from posecap.demo.bodies import make_body
from posecap.demo.figure import Sway, build_figure
from posecap.demo.settings import demo_settings
from posecap.demo.steps import SIDES, Foot, Walk, make_foot, make_path
from posecap.demo.timeline import Timeline, base_pose, draw, play
from posecap.demo.tremor import circling, drift

FPS = 50


@dataclass(frozen=True)
class Motion:
    """Joints (T, 17, 3) metres, Z up, 50 fps; contacts (T, 2): left, right foot stand still on the floor."""

    joints: np.ndarray
    contacts: np.ndarray
    label: str


def make_motion(subject: str, action: str, take: int = 1, seconds: float = 7.0, seed: int = 0) -> Motion:
    """One sequence, a pure function of its arguments. Raises InputError for an unknown action."""
    person = np.random.default_rng([seed, crc32(subject.encode())])
    rng = np.random.default_rng([seed, crc32(f"{subject}/{action}/{take}".encode())])
    body, script = make_body(demo_settings(), subject), load_action(action)
    times = np.arange(round(seconds * FPS)) / FPS
    tempo = person.uniform(0.88, 1.15) * rng.uniform(0.94, 1.06)
    timeline = Timeline(times, base_pose(person), rng, tempo)
    play(script, timeline, mirror=bool(rng.integers(2)))
    _enliven(timeline, rng)
    path = make_path(timeline, body, heading=rng.uniform(0, 360))
    gait, width = _make_gait(script, timeline), body.hip * person.uniform(0.85, 1.25)
    feet = {
        side: _shiver(make_foot(side, path, timeline, body, Walk(gait.period, first, width)), times, rng)
        for side, first in gait.first.items()
    }
    _swing_arms(timeline, gait, rng)
    joints = build_figure(body, timeline.values, path, feet, _sway(times, rng))
    contacts = np.stack([feet["left"].contact, feet["right"].contact], axis=-1)
    return Motion(joints.astype(np.float32), contacts, script.label)


_DRIFT = {
    "trunk.bend": 1.2,
    "trunk.side": 1.2,
    "trunk.turn": 2.0,
    "head.nod": 3.0,
    "head.turn": 6.0,
    "head.tilt": 2.0,
    "hips.left": 0.008,
    "hips.forward": 0.006,
    "hips.turn": 1.5,
    "hips.roll": 1.0,
    **{f"{side}_hand.{name}": 3.0 for side in SIDES for name in ("raise", "elbow", "swivel")},
}
_ELBOW = (4, 146)


def _enliven(timeline: Timeline, rng: np.random.Generator) -> None:
    """Slow drift on posture, since nobody holds a pose exactly; a trace of tremor at the knees."""
    for name, size in _DRIFT.items():
        timeline.values[name] = timeline.values[name] + drift(timeline.times, size, rng)
    for side in SIDES:
        elbow, knee = f"{side}_hand.elbow", f"{side}_knee.out"
        timeline.values[elbow] = np.clip(timeline.values[elbow], *_ELBOW)
        timeline.values[knee] = timeline.values[knee] + circling(timeline.times, 1.1, 3.3, rng)[:, 0]


@dataclass(frozen=True)
class _Gait:
    """Seconds from one foot's mid-stance to the other's, and the first mid-stance of each foot."""

    period: float
    first: dict[str, float]


def _make_gait(script: Action, timeline: Timeline) -> _Gait:
    period = timeline.tempo / draw(script.cadence, timeline.rng)
    left = timeline.rng.uniform(0, 2 * period)
    return _Gait(period, {"left": left, "right": left + period})


def _shiver(foot: Foot, times: np.ndarray, rng: np.random.Generator) -> Foot:
    """A standing ankle still gives a little: two millimetres, under 0.05 m/s."""
    tremor = circling(times, 0.0019, 3.1, rng)
    give = np.stack([tremor[:, 0], 0.86 * tremor[:, 1], 0.5 * tremor[:, 1] + 0.001], axis=-1)
    return replace(foot, ankle=foot.ankle + give)


def _swing_arms(timeline: Timeline, gait: _Gait, rng: np.random.Generator) -> None:
    """Arms and shoulders swing against the legs, as far as the body moves ahead."""
    values = timeline.values
    wave = np.cos(np.pi * (timeline.times - gait.first["right"]) / gait.period - 0.58 * np.pi)
    pace = np.clip(values["travel.speed"] / 1.2, -0.6, 1.3) + 1.5 * values["travel.lift"]
    reach = rng.uniform(14, 28)
    for side, sign in SIDES.items():
        hand = {name: f"{side}_hand.{name}" for name in ("raise", "plane", "elbow")}
        free = np.clip(1 - (values[hand["raise"]] - 15) / 30, 0, 1)
        bent = 0.7 * reach * free * pace * (0.6 - 0.5 * sign * wave)
        values[hand["plane"]] = values[hand["plane"]] * (1 - 0.8 * np.clip(np.abs(pace), 0, 1) * free)
        values[hand["raise"]] = values[hand["raise"]] - reach * sign * wave * pace * free
        values[hand["elbow"]] = np.clip(values[hand["elbow"]] + bent, *_ELBOW)
    values["trunk.turn"] = values["trunk.turn"] + 9 * wave * pace
    values["hips.turn"] = values["hips.turn"] - 5 * wave * pace


def _sway(times: np.ndarray, rng: np.random.Generator) -> Sway:
    level = circling(times, 0.004, 2.4, rng)
    pelvis = np.stack([level[:, 0], 0.8 * level[:, 1], 0.6 * level[:, 1]], axis=-1)
    return Sway(pelvis, {side: circling(times, 0.8, 3.6, rng) for side in SIDES})
