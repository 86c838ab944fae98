"""BVH files of one invented person under the naming habits of different programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecap.io.bvh import Bvh, write_bvh

# places of a standing T-pose in centimetres, y up, facing +z, left = +x: landmark -> position
_SIDE = {
    "hip": (9.0, 92.0, 0.0),
    "knee": (9.5, 50.0, 1.0),
    "ankle": (9.5, 9.0, -2.0),
    "toe": (9.5, 2.0, 12.0),
    "collar": (3.0, 140.0, 1.0),
    "shoulder": (18.0, 143.0, -1.0),
    "elbow": (45.0, 143.0, -1.5),
    "wrist": (70.0, 143.0, 0.0),
}
_MIDDLE = {"hips": (0, 95, 0), "spine": (0, 105, -1), "spine1": (0, 118, -2), "spine2": (0, 130, -2)}
_MIDDLE |= {"neck": (0, 147, -1), "head": (0, 158, 1)}
_NECK = {"neck": "Neck", "head": "Head"}
_LEG, _ARM = ("hip", "knee", "ankle", "toe"), ("collar", "shoulder", "elbow", "wrist")
TOP_OF_HEAD = (0.0, 19.0, 1.0)
STATURE = 1.77


@dataclass(frozen=True)
class Habit:
    """How a program writes people: names (with {side}), sides, middle names, channel order, unit, axes."""

    side: dict[str, str]
    sides: tuple[str, str]
    middle: dict[str, str]
    order: str = "ZXY"
    unit: float = 0.01
    up: str = "y"
    fingers: str = ""
    six: bool = False


HABITS = {
    "mixamo": Habit(
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot", "toe": "{}ToeBase"}
        | {"collar": "{}Shoulder", "shoulder": "{}Arm", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        ("mixamorig:Left", "mixamorig:Right"),
        {name: f"mixamorig:{name.capitalize()}" for name in _MIDDLE},
        fingers="{}HandIndex1",
    ),
    "lafan": Habit(
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot", "toe": "{}Toe"}
        | {"collar": "{}Shoulder", "shoulder": "{}Arm", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        ("Left", "Right"),
        {name: name.capitalize() for name in _MIDDLE},
        order="ZYX",
    ),
    "bandai": Habit(
        {"hip": "UpperLeg_{}", "knee": "LowerLeg_{}", "ankle": "Foot_{}", "toe": "Toes_{}"}
        | {"collar": "Shoulder_{}", "shoulder": "UpperArm_{}", "elbow": "LowerArm_{}", "wrist": "Hand_{}"},
        ("L", "R"),
        {"hips": "Hips", "spine": "Spine", "spine1": "Chest", "neck": "Neck", "head": "Head"},
        six=True,
    ),
    "xsens": Habit(
        {"hip": "{}Hip", "knee": "{}Knee", "ankle": "{}Ankle", "toe": "{}Toe"}
        | {"collar": "{}Collar", "shoulder": "{}Shoulder", "elbow": "{}Elbow", "wrist": "{}Wrist"},
        ("Left", "Right"),
        {
            "hips": "Hips",
            "spine": "Chest",
            "spine1": "Chest2",
            "spine2": "Chest4",
            "neck": "Neck",
            "head": "Head",
        },
        order="YXZ",
    ),
    "xsens segments": Habit(
        {"hip": "{}UpperLeg", "knee": "{}LowerLeg", "ankle": "{}Foot", "toe": "{}Toe"}
        | {"collar": "{}Shoulder", "shoulder": "{}UpperArm", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        ("Left", "Right"),
        {"hips": "Pelvis", "spine": "L5", "spine1": "L3", "spine2": "T8", "neck": "Neck", "head": "Head"},
        unit=0.001,
        up="z",
    ),
    "cmu": Habit(
        {"hip": "{}UpLeg", "knee": "{}Leg", "ankle": "{}Foot", "toe": "{}ToeBase"}
        | {"collar": "{}Shoulder", "shoulder": "{}Arm", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        ("Left", "Right"),
        {
            "hips": "Hips",
            "spine": "LowerBack",
            "spine1": "Spine",
            "spine2": "Spine1",
            "neck": "Neck",
            "head": "Head",
        },
        order="ZYX",
        unit=0.0564444,
        fingers="{}FingerBase",
    ),
    "cmu bones": Habit(
        {"hip": "{}femur", "knee": "{}tibia", "ankle": "{}foot", "toe": "{}toes"}
        | {"collar": "{}clavicle", "shoulder": "{}humerus", "elbow": "{}radius", "wrist": "{}hand"},
        ("l", "r"),
        {"hips": "root", "spine": "lowerback", "spine1": "upperback", "spine2": "thorax", "neck": "lowerneck"}
        | {"head": "head"},
        unit=1.0,
    ),
    "vicon": Habit(
        {"hip": "{}Thigh", "knee": "{}Shin", "ankle": "{}Foot", "toe": "{}Toe"}
        | {"collar": "{}Clavicle", "shoulder": "{}UpperArm", "elbow": "{}Forearm", "wrist": "{}Hand"},
        ("Left", "Right"),
        {"hips": "Hips", "spine": "Spine", "spine1": "Spine1", "neck": "Neck", "head": "Head"},
        unit=0.0254,
        up="z",
    ),
    "biped": Habit(
        {"hip": "Bip01 {} Thigh", "knee": "Bip01 {} Calf", "ankle": "Bip01 {} Foot", "toe": "Bip01 {} Toe0"}
        | {"collar": "Bip01 {} Clavicle", "shoulder": "Bip01 {} UpperArm", "elbow": "Bip01 {} Forearm"}
        | {"wrist": "Bip01 {} Hand"},
        ("L", "R"),
        {"hips": "Bip01 Pelvis", "spine": "Bip01 Spine", "spine1": "Bip01 Spine1", "neck": "Bip01 Neck"}
        | {"head": "Bip01 Head"},
        up="-z",
    ),
    "daz": Habit(
        {"hip": "{}Thigh", "knee": "{}Shin", "ankle": "{}Foot", "toe": "{}Toe"}
        | {"collar": "{}Collar", "shoulder": "{}Shldr", "elbow": "{}ForeArm", "wrist": "{}Hand"},
        ("l", "r"),
        {"hips": "hip", "spine": "abdomen", "spine1": "chest", "neck": "neck", "head": "head"},
        fingers="{}Mid1",
    ),
    "unreal": Habit(
        {"hip": "thigh_{}", "knee": "calf_{}", "ankle": "foot_{}", "toe": "ball_{}"}
        | {"collar": "clavicle_{}", "shoulder": "upperarm_{}", "elbow": "lowerarm_{}", "wrist": "hand_{}"},
        ("l", "r"),
        {"hips": "pelvis", "spine": "spine_01", "spine1": "spine_02", "spine2": "spine_03", "neck": "neck_01"}
        | {"head": "head"},
        unit=0.3048,
        fingers="index_01_{}",
    ),
}
_FROM_Y_UP = {"y": [[1, 0, 0], [0, 1, 0], [0, 0, 1]], "z": [[1, 0, 0], [0, 0, -1], [0, 1, 0]]}
_FROM_Y_UP |= {"-z": [[1, 0, 0], [0, 0, 1], [0, -1, 0]]}


def make_person(habit: Habit, num_frames: int = 40, seed: int = 0) -> tuple[Bvh, dict[str, int]]:
    """A moving person as a BVH, and the joint index of every landmark ("left_knee", "neck", ...)."""
    names, parents, places, marks = _tree(habit)
    turn = np.array(_FROM_Y_UP[habit.up], dtype=float)
    places = places @ turn.T * 0.01 / habit.unit
    offsets = np.array([places[j] - (places[p] if p >= 0 else 0) for j, p in enumerate(parents)])
    offsets[0] = 0
    angles = _angles(len(names), marks, num_frames, np.random.default_rng(seed))
    walk = np.linspace(0, 100, num_frames)[:, None] * [0, 0, 1] + [0, _MIDDLE["hips"][1], 0]
    rotations = tuple(f"{axis}rotation" for axis in habit.order)
    moves = ("Xposition", "Yposition", "Zposition")
    channels, columns = [], []
    for joint in range(len(names)):
        placed = joint == 0 or habit.six
        channels.append((*moves, *rotations) if placed else rotations)
        if placed:
            own = (
                walk @ turn.T * 0.01 / habit.unit if joint == 0 else np.tile(offsets[joint], (num_frames, 1))
            )
            columns.append(own)
        columns.append(angles[:, joint])
    ends = {joint: np.zeros(3) for joint in range(len(names)) if joint not in parents}
    ends[marks["head"]] = turn @ np.array(TOP_OF_HEAD) * 0.01 / habit.unit
    motion = np.concatenate(columns, axis=1)
    return Bvh(tuple(names), tuple(parents), offsets, tuple(channels), motion, 1 / 60, ends), marks


def write_person(path: Path, habit: Habit, seed: int = 0) -> dict[str, int]:
    """Writes `make_person` to a file; gives the landmarks."""
    bvh, marks = make_person(habit, seed=seed)
    write_bvh(path, bvh)
    return marks


def _tree(habit: Habit) -> tuple[list[str], list[int], np.ndarray, dict[str, int]]:
    names: list[str] = []
    parents: list[int] = []
    places: list[tuple[float, float, float]] = []
    marks: dict[str, int] = {}

    def add(landmark: str, name: str, parent: int, place: tuple[float, float, float]) -> int:
        names.append(name)
        parents.append(parent)
        places.append(place)
        marks[landmark] = len(names) - 1
        return len(names) - 1

    hips = add("hips", habit.middle["hips"], -1, _MIDDLE["hips"])
    for side, said, sign in (("left", habit.sides[0], 1), ("right", habit.sides[1], -1)):
        above = hips
        for part in _LEG:
            x, y, z = _SIDE[part]
            above = add(f"{side}_{part}", habit.side[part].format(said), above, (sign * x, y, z))
    above = hips
    for part in ("spine", "spine1", "spine2"):
        if part in habit.middle:
            above = add(part, habit.middle[part], above, _MIDDLE[part])
    chest = above
    neck = add("neck", habit.middle["neck"], chest, _MIDDLE["neck"])
    add("head", habit.middle["head"], neck, _MIDDLE["head"])
    for side, said, sign in (("left", habit.sides[0], 1), ("right", habit.sides[1], -1)):
        above = chest
        for part in _ARM:
            x, y, z = _SIDE[part]
            above = add(f"{side}_{part}", habit.side[part].format(said), above, (sign * x, y, z))
        if habit.fingers:
            add(f"{side}_finger", habit.fingers.format(said), above, (sign * 78.0, 143.0, 0.0))
    return names, parents, np.array(places, dtype=float), marks


def _angles(num_joints: int, marks: dict[str, int], num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """(T, J, 3) degrees: slow small turns everywhere, larger ones in the arms."""
    phase = rng.uniform(0, 2 * np.pi, (num_joints, 3))
    size = np.full(num_joints, 6.0)
    for landmark, joint in marks.items():
        size[joint] = 45.0 if landmark.endswith(("shoulder", "elbow")) else size[joint]
        size[joint] = 2.0 if landmark == "hips" else size[joint]
    wave = np.sin(np.linspace(0, 4, num_frames)[:, None, None] + phase)
    return wave * size[:, None]
