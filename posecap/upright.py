"""Landmarks of an unknown skeleton to Human3.6M's 17 joints: metres, Z up, standing on the floor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecap.errors import InputError
from posecap.joint_names import Landmarks, ancestors, body_words

AXES = ("x", "y", "z", "-x", "-y", "-z")
HEIGHTS = (1.4, 2.1)
_SHARE_OF_STATURE = 0.86  # leg, trunk and neck of a stature, feet and skull left out
_SKULL = 0.11  # of the stature, from the base of the skull to the top of the head


@dataclass(frozen=True)
class Upright:
    """joints (T, 17, 3) metres, Z up, floor at 0; what was found or given: unit, up axis, stature."""

    joints: np.ndarray
    unit: str
    metres_per_unit: float
    up: str
    stature: float


def to_upright(
    positions: np.ndarray,
    ends: Mapping[int, np.ndarray],
    landmarks: Landmarks,
    parents: tuple[int, ...],
    scale: float | None = None,
    up: str | None = None,
    source: str = "motion",
    rest: np.ndarray | None = None,
    own: list[int] | None = None,
) -> Upright:
    """The 17 joints of positions (T, J, 3) in unknown units and axes, and its end sites by joint.

    The unit is the one of the usual ones in which the person is 1.4 to 2.1 m tall, the up axis the one
    from the feet to the neck over the motion, or, where nobody stands in it, in the rest pose `rest`
    (J, 3); `scale` (metres a unit) and `up` ("x", "-y", ...) go before both. `own`: indices of the 17
    joints where the file has just these. InputError says what to add where unit or axis stays open.
    """
    joints = positions[:, own] if own else landmarks_to_h36m17(positions, ends, landmarks, parents)
    axis = up or _guess_up(joints, _rest_joints(rest, landmarks, parents), source)
    if axis not in AXES:
        raise InputError(f"{source}: up is '{axis}', expected one of {', '.join(AXES)}")
    size = _stature(joints)
    unit, metres = ("given", scale) if scale else _guess_unit(size, source)
    everything = np.concatenate([positions, *(end[:, None] for end in ends.values())], axis=1)
    floor = np.percentile(up_to_z(everything, axis)[..., 2].min(axis=1), 1)
    upright = (up_to_z(joints, axis) - [0, 0, floor]) * metres
    return Upright(upright.astype(np.float32), unit, metres, axis, size * metres)


_TO_Z = {
    "x": ((2, -1), (1, 1), (0, 1)),
    "y": ((0, 1), (2, -1), (1, 1)),
    "z": ((0, 1), (1, 1), (2, 1)),
    "-x": ((2, 1), (1, 1), (0, -1)),
    "-y": ((0, 1), (2, 1), (1, -1)),
    "-z": ((0, 1), (1, -1), (2, -1)),
}


def up_to_z(points: np.ndarray, up: str) -> np.ndarray:
    """Points (..., 3) turned so that the axis `up` ("y", "-z", ...) becomes +Z; y up: (x, -z, y)."""
    return np.stack([sign * points[..., axis] for axis, sign in _TO_Z[up]], axis=-1)


def landmarks_to_h36m17(
    positions: np.ndarray, ends: Mapping[int, np.ndarray], landmarks: Landmarks, parents: tuple[int, ...]
) -> np.ndarray:
    """(T, 17, 3) in the units and axes of positions (T, J, 3).

    Pelvis: middle of the hips; thorax: base of the neck, else middle of the shoulders; spine: the spine
    joint nearest to the middle of the trunk; neck: base of the skull; head: its top, by the end site or
    along the neck.
    """
    at = {name: positions[:, index] for name, index in landmarks.joints.items()}
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    pelvis, thorax, skull = (at["left_hip"] + at["right_hip"]) / 2, at.get("neck", shoulders), at["head"]
    spine = _middle_of_trunk(positions, landmarks, parents, pelvis, thorax)
    top = _top_of_head(ends, landmarks, parents, pelvis, thorax, skull, at)
    order = [pelvis]
    order += [at[f"right_{part}"] for part in ("hip", "knee", "ankle")]
    order += [at[f"left_{part}"] for part in ("hip", "knee", "ankle")]
    order += [spine, thorax, skull, top]
    order += [at[f"left_{part}"] for part in ("shoulder", "elbow", "wrist")]
    order += [at[f"right_{part}"] for part in ("shoulder", "elbow", "wrist")]
    return np.stack(order, axis=1)


def _middle_of_trunk(
    positions: np.ndarray,
    landmarks: Landmarks,
    parents: tuple[int, ...],
    pelvis: np.ndarray,
    thorax: np.ndarray,
) -> np.ndarray:
    carried = set(ancestors(landmarks.joints.get("neck", landmarks.joints["head"]), parents))
    trunk = np.median(_length(thorax - pelvis))
    best, nearest = (pelvis + thorax) / 2, 0.3 * trunk
    for joint in landmarks.spine:
        below = np.median(_length(positions[:, joint] - pelvis))
        above = np.median(_length(positions[:, joint] - thorax))
        if joint in carried and abs(below - above) < nearest:
            best, nearest = positions[:, joint], abs(below - above)
    return best


def _top_of_head(
    ends: Mapping[int, np.ndarray],
    landmarks: Landmarks,
    parents: tuple[int, ...],
    pelvis: np.ndarray,
    thorax: np.ndarray,
    skull: np.ndarray,
    at: Mapping[str, np.ndarray],
) -> np.ndarray:
    """The end site above the head joint, if it lies where a head ends, else a point along the neck."""
    expected = _SKULL * _raw_size(pelvis, thorax, skull, at) / _SHARE_OF_STATURE
    head, neck = landmarks.joints["head"], skull - thorax
    for joint, end in ends.items():
        above = end - skull
        straight = np.median(np.sum(above * neck, -1) / np.maximum(_length(above) * _length(neck), 1e-9))
        size = np.median(_length(above))
        if head in (joint, *ancestors(joint, parents)) and 0.6 < size / expected < 2.0 and straight > 0.5:
            return end
    return skull + neck / np.maximum(_length(neck)[:, None], 1e-9) * expected


def _raw_size(
    pelvis: np.ndarray, thorax: np.ndarray, skull: np.ndarray, at: Mapping[str, np.ndarray]
) -> float:
    legs = [
        np.median(_length(at[f"{side}_hip"] - at[f"{side}_knee"]))
        + np.median(_length(at[f"{side}_knee"] - at[f"{side}_ankle"]))
        for side in ("left", "right")
    ]
    trunk = np.median(_length(thorax - pelvis)) + np.median(_length(skull - thorax))
    return float(np.mean(legs) + trunk)


def _stature(joints: np.ndarray) -> float:
    """Standing height by bone lengths, in the units of joints (T, 17, 3)."""
    at = {"right_hip": joints[:, 1], "right_knee": joints[:, 2], "right_ankle": joints[:, 3]}
    at |= {"left_hip": joints[:, 4], "left_knee": joints[:, 5], "left_ankle": joints[:, 6]}
    return _raw_size(joints[:, 0], joints[:, 8], joints[:, 9], at) / _SHARE_OF_STATURE


def _guess_unit(size: float, source: str) -> tuple[str, float]:
    for unit, metres in body_words().units.items():
        if HEIGHTS[0] <= size * metres <= HEIGHTS[1]:
            return unit, metres
    raise InputError(
        f"{source}: the person is {size:.4g} units tall, which in no usual unit is "
        f"{HEIGHTS[0]} to {HEIGHTS[1]} m; add the option scale=METRES_PER_UNIT"
    )


def _rest_joints(
    rest: np.ndarray | None, landmarks: Landmarks, parents: tuple[int, ...]
) -> np.ndarray | None:
    """(1, 17, 3) the rest pose, if its legs go the other way than its trunk, as in a standing figure."""
    if rest is None:
        return None
    joints = landmarks_to_h36m17(rest[None], {}, landmarks, parents)
    trunk, legs = joints[0, 8] - joints[0, 0], (joints[0, 3] + joints[0, 6]) / 2 - joints[0, 0]
    standing = np.dot(trunk, legs) < -0.8 * np.linalg.norm(trunk) * np.linalg.norm(legs)
    return joints if standing else None


def _guess_up(joints: np.ndarray, rest: np.ndarray | None, source: str) -> str:
    """The axis from the feet to the neck."""
    for poses, needed in ((joints, 0.85), (rest, 0.85), (joints, 0.6)):
        if poses is None:
            continue
        bodies = poses[:, 8] - (poses[:, 3] + poses[:, 6]) / 2
        mean = np.median(bodies / np.maximum(_length(bodies)[:, None], 1e-9), axis=0)
        axis = int(np.abs(mean).argmax())
        if abs(mean[axis]) > needed:
            return ("-" if mean[axis] < 0 else "") + "xyz"[axis]
    raise InputError(
        f"{source}: nobody stands upright in it, so its up axis stays open; add the option up=y or up=z"
    )


def _length(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(vectors, axis=-1))
