"""Poses that cannot be used: counted, named, and held at the last usable pose where one may go on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from posecap.cameras import in_front, world_to_camera
from posecap.errors import InputError
from posecap.skeletons import Skeleton, load_skeleton

if TYPE_CHECKING:
    from posecap.sequences import Sequence, View

SHORTEST_LIMB = 0.01  # metres
FARTHEST = 1e9  # metres from the origin: beyond it is no place
LARGEST_BODY = 5.0  # metres, of the median frame: above it the unit is hardly metres
LIMBS = tuple(
    (f"{side}_{start}", f"{side}_{end}")
    for side in ("left", "right")
    for start, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)


@dataclass(frozen=True)
class Problem:
    """What is wrong with which frames: (T,) bool."""

    what: str
    frames: np.ndarray

    def line(self, key: str) -> str:
        """One line that names the sequence, the first such frame and their number."""
        count, total = int(self.frames.sum()), len(self.frames)
        return f"{key}: frame {int(self.frames.argmax())} {self.what} ({count} of {total} frames)"


class UnusableFrames(InputError):  # noqa: N818 - named for what is wrong, as the base is
    """Some frames of a sequence cannot be used; it carries them, so that a reader may go on."""

    def __init__(self, message: str, sequence: Sequence | None = None, problems: tuple[Problem, ...] = ()):
        super().__init__(message)
        self.sequence, self.problems = sequence, problems

    def __reduce__(self) -> tuple[type[InputError], tuple[str]]:
        """To another process it goes as its message alone."""
        return InputError, (str(self),)


def find_problems(sequence: Sequence) -> tuple[Problem, ...]:
    """What is wrong with the frames of a sequence that count; none, if all can be used."""
    counts = np.ones(sequence.num_frames, bool) if sequence.valid is None else sequence.valid
    lost = ~is_somewhere(sequence.joints)
    problems = [Problem("has NaN or infinite joints", lost)]
    whole = np.where(lost[:, None, None], 0, sequence.joints)
    problems += _limb_problems(whole, load_skeleton(sequence.skeleton))
    problems += _camera_problems(sequence, whole)
    for source, views in sequence.views.items():
        for camera, view in views.items():
            problems += _view_problems(view, f"{source} 2D in camera {camera}")
    found = [Problem(problem.what, problem.frames & ~lost & counts) for problem in problems[1:]]
    found.insert(0, Problem(problems[0].what, lost & counts))
    return tuple(problem for problem in found if problem.frames.any())


def check_unit(sequence: Sequence) -> None:
    """InputError where the bodies are so large that the unit is hardly metres."""
    joints = sequence.joints[is_somewhere(sequence.joints)]
    if len(joints):
        extent = float(np.median(np.ptp(joints, axis=1).max(axis=-1)))
        if extent > LARGEST_BODY:
            raise InputError(f"{sequence.key}: bodies are {extent:.0f} m large; is the unit metres?")


def is_somewhere(joints: np.ndarray) -> np.ndarray:
    """(T,) bool: all coordinates are numbers of metres that can be reckoned with."""
    return np.asarray((np.abs(joints) < FARTHEST).all(axis=(1, 2)))


def usable_part(sequence: Sequence, problems: tuple[Problem, ...]) -> Sequence:
    """The sequence with unusable frames held at the last usable pose, not valid, and told in `source`.

    InputError where no frame is usable.
    """
    unusable = np.any([problem.frames for problem in problems], axis=0)
    counts = ~unusable if sequence.valid is None else sequence.valid & ~unusable
    if not counts.any():
        raise InputError(f"{sequence.key}: no frame can be used")
    views = {
        source: {camera: _held_view(view, unusable) for camera, view in found.items()}
        for source, found in sequence.views.items()
    }
    told = f"{int(unusable.sum())} unusable frames held"
    source = f"{sequence.source}, {told}" if sequence.source else told
    joints = hold(sequence.joints, ~unusable)
    return replace(sequence, joints=joints, views=views, valid=counts, source=source)


def hold(values: np.ndarray, usable: np.ndarray) -> np.ndarray:
    """(T, ...) values, where not `usable` (T,) those of the last usable frame (before it: the first)."""
    if usable.all():
        return values
    known = np.flatnonzero(usable)
    return values[known[np.maximum(np.searchsorted(known, np.arange(len(values)), side="right") - 1, 0)]]


def _limb_problems(joints: np.ndarray, skeleton: Skeleton) -> list[Problem]:
    """Limbs between two joints: a limb without length has no direction, so no posecode."""
    problems = []
    for start, end in LIMBS:
        ends = [skeleton.roles.get(role) for role in (start, end)]
        if all(isinstance(joint, str) for joint in ends):
            first, second = (joints[:, skeleton.index(str(joint))] for joint in ends)
            short = np.asarray(np.linalg.norm(first - second, axis=-1) < SHORTEST_LIMB)
            problems.append(Problem(f"has no length between {start} and {end}", short))
    return problems


def _camera_problems(sequence: Sequence, joints: np.ndarray) -> list[Problem]:
    return [
        Problem(
            f"is behind camera {camera.name}",
            ~np.all(in_front(world_to_camera(joints, camera), camera), axis=-1),
        )
        for camera in sequence.cameras
    ]


def _view_problems(view: View, name: str) -> list[Problem]:
    finite = np.isfinite(view.pose_2d).all(axis=(1, 2))
    sure = ((view.confidence >= 0) & (view.confidence <= 1)).all(axis=1)
    return [
        Problem(f"of {name} is NaN or infinite", np.logical_not(finite)),
        Problem(f"of {name} has a confidence outside 0..1", np.logical_not(sure)),
    ]


def _held_view(view: View, unusable: np.ndarray) -> View:
    confidence = np.where(unusable[:, None], np.float32(0), view.confidence)
    return replace(view, pose_2d=hold(view.pose_2d, ~unusable), confidence=confidence)
