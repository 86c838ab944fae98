"""Acclaim motion capture: a skeleton (`.asf`) and its motions (`.amc`), as the CMU database has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, check_limit, require_file
from posecap.kinematics import euler_to_matrix

_INCH = 0.0254


@dataclass(frozen=True)
class Bone:
    """One bone: unit direction times length (3,) in file units, its axes (3, 3), its degrees of freedom."""

    offset: np.ndarray
    axes: np.ndarray
    freedom: tuple[str, ...]


@dataclass(frozen=True)
class Asf:
    """A skeleton: bones by name with parents first ("root" is not a bone), metres a unit, root channels."""

    bones: dict[str, Bone]
    parents: dict[str, str]
    metres_per_unit: float
    root_order: tuple[str, ...]
    root_axes: np.ndarray
    degrees: bool

    @property
    def joints(self) -> tuple[str, ...]:
        """ "root" and then the bones, whose joint is the bone's far end."""
        return ("root", *self.bones)


def read_asf(path: str | Path) -> Asf:
    """One skeleton file; InputError names the file and the part that is missing or not understood."""
    path = Path(path)
    sections = _sections(path, _text(path))
    for name in ("bonedata", "hierarchy"):
        if name not in sections:
            raise InputError(f"{path}: not an ASF file: has no :{name}")
    units = {row.split()[0]: row.split()[1] for row in sections.get("units", []) if len(row.split()) > 1}
    root = {row.split()[0].lower(): row.split()[1:] for row in sections.get("root", [])}
    try:
        bones = _bones(sections["bonedata"])
        order = tuple(word.lower() for word in root.get("order", ["tx", "ty", "tz", "rx", "ry", "rz"]))
        turned = np.array([root.get("orientation", ["0"] * 3)], dtype=np.float64)
        axis = root.get("axis", ["XYZ"])[0]
        unit = _INCH / float(units.get("length", 1))
        if not np.isfinite([*turned[0], unit]).all():
            raise ValueError("a number is not finite")
        root_axes = _axes(axis, turned)
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path}: not an ASF file that is understood ({error})") from error
    parents = _parents(path, sections["hierarchy"], bones)
    ordered = {name: bones[name] for name in parents}
    return Asf(ordered, parents, unit, order, root_axes, units.get("angle", "deg") != "rad")


def read_amc(path: str | Path, asf: Asf) -> np.ndarray:
    """Joints (T, 1 + bones, 3) of a motion, metres, y up, in the order of the skeleton's `joints`.

    A bone turns by C M C^-1, with C its axes and M its channels about x, then y, then z.
    """
    path = Path(path)
    channels = _channels(path, asf)
    root = dict(zip(asf.root_order, channels["root"].T, strict=True))
    zero = np.zeros(len(channels["root"]))
    start = np.stack([root.get(name, zero) for name in ("tx", "ty", "tz")], axis=-1)
    turn = _turn(asf.root_axes, {name: root.get(name, zero) for name in ("rx", "ry", "rz")}, asf.degrees)
    ends, world = {"root": start}, {"root": turn}
    for name, bone in asf.bones.items():
        values = dict(zip(bone.freedom, channels[name].T, strict=True)) if name in channels else {}
        turns = {axis: values.get(axis, zero) for axis in ("rx", "ry", "rz")}
        above = asf.parents[name]
        world[name] = world[above] @ _turn(bone.axes, turns, asf.degrees)
        ends[name] = ends[above] + world[name] @ bone.offset
    return np.stack([ends[name] for name in asf.joints], axis=1) * asf.metres_per_unit


def find_asf(amc: Path) -> Path:
    """The skeleton beside a motion: the one whose name the motion's begins with, else the only one."""
    beside = sorted(amc.parent.glob("*.asf"))
    named = [path for path in beside if re.match(rf"{re.escape(path.stem)}(_|$)", amc.stem)]
    if len(named or beside) != 1:
        found = ", ".join(path.name for path in beside) or "none"
        raise InputError(
            f"{amc}: needs one skeleton (.asf) beside it, such as {amc.stem.split('_')[0]}.asf; found {found}"
        )
    return (named or beside)[0]


def _text(path: Path) -> list[str]:
    require_file(path)
    check_limit(path, path.stat().st_size, MAX_BYTES)
    rows = path.read_text(encoding="utf-8", errors="replace").splitlines()
    return [row for row in (line.split("#")[0].strip() for line in rows) if row]


def _sections(path: Path, rows: list[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    name = ""
    for row in rows:
        if row.startswith(":"):
            name = row[1:].strip().split(" ")[0].lower()
            sections[name] = []
        else:
            sections.setdefault(name, []).append(row)
    return sections


def _bones(rows: list[str]) -> dict[str, Bone]:
    bones: dict[str, Bone] = {}
    fields: dict[str, list[str]] = {}
    for row in rows:
        word, *rest = row.split()
        if word == "begin":
            fields = {}
        elif word == "end":
            name, bone = _bone(fields)
            bones[name] = bone
        else:
            fields.setdefault(word.lower(), rest)
    return bones


def _bone(fields: dict[str, list[str]]) -> tuple[str, Bone]:
    name = fields["name"][0]
    numbers = [*fields["direction"], *fields["length"][:1], *fields["axis"][:3]]
    values = np.array(numbers, dtype=np.float64)
    if len(fields["direction"]) != 3 or len(values) != 7 or not np.isfinite(values).all():
        raise ValueError(f"bone {name}: direction, length and axis are not seven numbers")
    offset = values[:3] * (values[3] / max(float(np.linalg.norm(values[:3])), 1e-12))
    freedom = tuple(word.lower() for word in fields.get("dof", []))
    return name, Bone(offset, _axes(fields["axis"][3], values[None, 4:]), freedom)


def _axes(order: str, degrees: np.ndarray) -> np.ndarray:
    """(3, 3) of axis angles: the first axis named turns first, so it stands last in the product."""
    angles = dict(zip("XYZ", degrees[0], strict=True))
    reverse = order.upper()[::-1]
    if sorted(reverse) != ["X", "Y", "Z"]:
        raise ValueError(f"axis order {order}")
    return euler_to_matrix(reverse, np.array([[angles[axis] for axis in reverse]]))[0]


def _parents(path: Path, rows: list[str], bones: dict[str, Bone]) -> dict[str, str]:
    """Parent of each bone, parents first."""
    parents: dict[str, str] = {}
    for row in rows:
        above, *children = row.split()
        if above in ("begin", "end") or not children:
            continue
        for child in children:
            if child not in bones or (above != "root" and above not in parents):
                raise InputError(
                    f"{path}: :hierarchy: '{above} ... {child}' names a bone that is not known there"
                )
            parents[child] = above
    return parents


def _turn(axes: np.ndarray, values: dict[str, np.ndarray], degrees: bool) -> np.ndarray:
    angles = np.stack([values["rz"], values["ry"], values["rx"]], axis=-1)
    return axes @ euler_to_matrix("ZYX", angles if degrees else np.degrees(angles)) @ axes.T


def _channels(path: Path, asf: Asf) -> dict[str, np.ndarray]:
    """(T, dof) values of the root and of every bone that moves."""
    wanted = {"root": len(asf.root_order)} | {name: len(bone.freedom) for name, bone in asf.bones.items()}
    values: dict[str, list[list[str]]] = {}
    num_frames = 0
    for row in _text(path):
        if row.isdigit():
            num_frames += 1
        elif num_frames:
            name, *numbers = row.split()
            if len(numbers) != wanted.get(name, -1):
                raise InputError(
                    f"{path}: frame {num_frames}: '{name}' has {len(numbers)} values, expected "
                    f"{wanted.get(name, 'no such bone in the skeleton')}"
                )
            values.setdefault(name, []).append(numbers)
    uneven = [name for name, rows in values.items() if len(rows) != num_frames]
    if uneven or "root" not in values:
        raise InputError(
            f"{path}: not an AMC file with {num_frames} whole frames ('{(uneven or ['root'])[0]}')"
        )
    try:
        channels = {name: np.array(rows, dtype=np.float64) for name, rows in values.items()}
        return {name: np.where(np.isfinite(array), array, np.nan) for name, array in channels.items()}
    except ValueError as error:
        raise InputError(f"{path}: holds something else than numbers ({error})") from error
