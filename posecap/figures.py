"""A moving skeleton of any make, and Human3.6M's 17 joints in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from posecap.joint_names import Landmarks, ancestors

SHARE_OF_STATURE = 0.86  # leg, trunk and neck of a stature, feet and skull left out
_SKULL = 0.11  # of the stature, from the base of the skull to the top of the head


@dataclass(frozen=True)
class Figure:
    """A moving skeleton in unknown units and axes.

    positions (T, J, 3); ends: end sites (T, 3) by joint; rest: (J, 3) with no joint turned; own: indices
    of Human3.6M's 17 joints, where it has just these.
    """

    positions: np.ndarray
    ends: Mapping[int, np.ndarray]
    landmarks: Landmarks
    parents: tuple[int, ...]
    source: str = "motion"
    rest: np.ndarray | None = None
    own: list[int] | None = None

    def h36m17(self) -> np.ndarray:
        """(T, 17, 3) in the figure's units and axes."""
        return self.positions[:, self.own] if self.own else landmarks_to_h36m17(self)


def landmarks_to_h36m17(figure: Figure) -> np.ndarray:
    """(T, 17, 3) in the figure's units and axes.

    Pelvis: middle of the hips; thorax: base of the neck, else middle of the shoulders; spine: the spine
    joint nearest to the middle of the trunk; neck: base of the skull; head: its top, by the end site or
    along the neck.
    """
    at = {name: figure.positions[:, index] for name, index in figure.landmarks.joints.items()}
    shoulders = (at["left_shoulder"] + at["right_shoulder"]) / 2
    pelvis, thorax, skull = (at["left_hip"] + at["right_hip"]) / 2, at.get("neck", shoulders), at["head"]
    top = _top_of_head(figure, thorax, skull, raw_size(pelvis, thorax, skull, at) / SHARE_OF_STATURE)
    order = [pelvis]
    order += [at[f"{side}_{part}"] for side in ("right", "left") for part in ("hip", "knee", "ankle")]
    order += [_middle_of_trunk(figure, pelvis, thorax), thorax, skull, top]
    order += [at[f"{side}_{part}"] for side in ("left", "right") for part in ("shoulder", "elbow", "wrist")]
    return np.stack(order, axis=1)


def _middle_of_trunk(figure: Figure, pelvis: np.ndarray, thorax: np.ndarray) -> np.ndarray:
    marks = figure.landmarks.joints
    carried = set(ancestors(marks.get("neck", marks["head"]), figure.parents))
    best, nearest = (pelvis + thorax) / 2, 0.3 * np.median(length(thorax - pelvis))
    for joint in figure.landmarks.spine:
        place = figure.positions[:, joint]
        uneven = abs(np.median(length(place - pelvis)) - np.median(length(place - thorax)))
        if joint in carried and uneven < nearest:
            best, nearest = place, uneven
    return best


def _top_of_head(figure: Figure, thorax: np.ndarray, skull: np.ndarray, stature: float) -> np.ndarray:
    """The end site above the head joint, if it lies where a head ends, else a point along the neck."""
    expected = _SKULL * stature
    head, neck = figure.landmarks.joints["head"], skull - thorax
    for joint, end in figure.ends.items():
        above = end - skull
        straight = np.median(np.sum(above * neck, -1) / np.maximum(length(above) * length(neck), 1e-9))
        right_size = 0.6 < np.median(length(above)) / expected < 2.0
        if right_size and straight > 0.85 and head in (joint, *ancestors(joint, figure.parents)):
            return end
    return skull + neck / np.maximum(length(neck)[:, None], 1e-9) * expected


def raw_size(
    pelvis: np.ndarray, thorax: np.ndarray, skull: np.ndarray, at: Mapping[str, np.ndarray]
) -> float:
    """Leg, trunk and neck together, by the median of each bone."""
    legs = [
        np.median(length(at[f"{side}_hip"] - at[f"{side}_knee"]))
        + np.median(length(at[f"{side}_knee"] - at[f"{side}_ankle"]))
        for side in ("left", "right")
    ]
    trunk = np.median(length(thorax - pelvis)) + np.median(length(skull - thorax))
    return float(np.mean(legs) + trunk)


def length(vectors: np.ndarray) -> np.ndarray:
    """(...) lengths of vectors (..., 3)."""
    return np.asarray(np.linalg.norm(vectors, axis=-1))
