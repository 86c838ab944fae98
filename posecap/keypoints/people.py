"""Detections become people: 17 joints a frame, every gap filled, and what was filled told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from posecap.errors import InputError
from posecap.keypoints.detections import Detections
from posecap.keypoints.layouts import load_layout
from posecap.keypoints.tracking import identities
from posecap.skeletons import load_skeleton

MIN_CONFIDENCE = 0.1
MAX_GAP = 50  # frames a person may be away before it counts as a new appearance
MIN_FRAMES = 3


@dataclass(frozen=True)
class Person:
    """One person over frames `start`, `start` + 1, ...: pose_2d (T, 17, 2) pixels, Human3.6M order.

    confidence: (T, 17), 0 where nothing was detected; filled: (T, 17) bool, true where the position
    was made up (between detections in time, or from the nearest joint).
    """

    id: str
    start: int
    pose_2d: np.ndarray
    confidence: np.ndarray
    filled: np.ndarray

    @property
    def num_frames(self) -> int:
        return len(self.pose_2d)


@dataclass(frozen=True)
class Keypoints:
    """The people of one video. `report` tells, line by line, what was filled, dropped or guessed."""

    people: tuple[Person, ...]
    width: int
    height: int
    fps: float | None
    num_frames: int
    format: str
    layout: str
    source: str
    report: tuple[str, ...] = ()

    def resampled(self, fps: float) -> Keypoints:
        """The same at another frame rate, positions interpolated linearly; self where it is that rate.

        InputError where the file's own rate is not known.
        """
        if self.fps is None:
            raise InputError(f"{self.source}: its frame rate is unknown; give it to resample to {fps:g} fps")
        if abs(self.fps - fps) < 1e-6:
            return self
        people = tuple(_resample_person(person, fps / self.fps) for person in self.people)
        line = f"resampled from {self.fps:g} to {fps:g} frames a second"
        num_frames = max(person.start + person.num_frames for person in people)
        return replace(self, people=people, fps=fps, num_frames=num_frames, report=(*self.report, line))


def to_people(
    found: Detections,
    min_confidence: float = MIN_CONFIDENCE,
    max_gap: int = MAX_GAP,
    min_frames: int = MIN_FRAMES,
) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """People of a file's detections, longest first, and the report of what was done to get them.

    Joints below `min_confidence` count as not seen. A person away for more than `max_gap` frames
    comes back as another; one with fewer than `min_frames` detections is left out, unless all are.
    """
    joints, sure = load_layout(found.layout).to_h36m17(found.points, found.confidence)
    ids = np.array(identities(found))
    people, report = [], list(found.notes)
    for rows in _appearances(found.frames, ids, max_gap):
        if (sure[rows] > 0).sum() == 0:
            continue
        person, line = _person(
            str(ids[rows[0]]), found.frames[rows], joints[rows], sure[rows], min_confidence
        )
        people.append((len(rows), person, line))
    people.sort(key=lambda entry: (-entry[0], entry[1].start))
    kept = [entry for entry in people if entry[0] >= min_frames] or people
    short = len(people) - len(kept)
    report += [line for _, _, line in kept]
    if short:
        report.append(f"{short} appearance{'s' * (short > 1)} of fewer than {min_frames} frames left out")
    return tuple(person for _, person, _ in kept), tuple(report)


def _appearances(frames: np.ndarray, ids: np.ndarray, max_gap: int) -> Iterator[np.ndarray]:
    """Row numbers of each uninterrupted appearance of each person, in time."""
    for name in dict.fromkeys(ids.tolist()):
        rows = np.flatnonzero(ids == name)
        rows = rows[np.argsort(frames[rows], kind="stable")]
        yield from np.split(rows, np.flatnonzero(np.diff(frames[rows]) > max_gap + 1) + 1)


def _person(
    name: str, frames: np.ndarray, joints: np.ndarray, sure: np.ndarray, min_confidence: float
) -> tuple[Person, str]:
    start, num_frames = int(frames[0]), int(frames[-1] - frames[0]) + 1
    pose_2d, confidence = np.zeros((num_frames, 17, 2)), np.zeros((num_frames, 17))
    pose_2d[frames - start], confidence[frames - start] = joints, sure
    seen = (confidence >= min_confidence) & (confidence > 0)
    if not seen.any():
        seen = confidence > 0
    never = fill(pose_2d, seen)
    person = Person(name, start, pose_2d.astype(np.float32), confidence.astype(np.float32), ~seen)
    return person, _line(person, num_frames - len(frames), never)


def _line(person: Person, num_missing: int, never: list[str]) -> str:
    share = person.filled.mean()
    last = person.start + person.num_frames - 1
    line = (
        f"person {person.id}: frames {person.start}-{last}, {person.filled.sum()} joints filled ({share:.1%})"
    )
    if num_missing:
        line += f", {num_missing} frames without a detection"
    return line + (f", never seen: {', '.join(never)}" if never else "")


def fill(pose_2d: np.ndarray, seen: np.ndarray) -> list[str]:
    """Fills what is not `seen` (T, 17) of pose_2d (T, 17, 2) in place; names of joints never seen.

    Linear in time between detections, held at the ends; a joint never seen takes the place of its
    parent, else of its nearest seen relative, else of the mean of all joints.
    """
    skeleton = load_skeleton("h36m17")
    times = np.arange(len(pose_2d))
    for joint in np.flatnonzero(seen.any(axis=0)):
        known = seen[:, joint]
        for axis in range(2):
            pose_2d[~known, joint, axis] = np.interp(times[~known], times[known], pose_2d[known, joint, axis])
    ever = np.array(seen.any(axis=0))
    never = [skeleton.joints[joint] for joint in np.flatnonzero(~ever)]
    mean = pose_2d[:, ever].mean(axis=1)
    for _ in skeleton.joints:
        for lost in np.flatnonzero(~ever).tolist():
            relatives = [joint for joint in _relatives(lost, skeleton.parents) if ever[joint]]
            if relatives:
                pose_2d[:, lost], ever[lost] = pose_2d[:, relatives[0]], True
    pose_2d[:, ~ever] = mean[:, None]
    return never


def _relatives(joint: int, parents: tuple[int, ...]) -> list[int]:
    """Parent, then children."""
    own = [parents[joint]] if parents[joint] >= 0 else []
    return own + [child for child, parent in enumerate(parents) if parent == joint]


def _resample_person(person: Person, ratio: float) -> Person:
    first = int(np.ceil(person.start * ratio))
    last = int(np.floor((person.start + person.num_frames - 1) * ratio))
    times = np.arange(first, max(last, first) + 1) / ratio - person.start
    times = np.clip(times, 0, person.num_frames - 1)
    low = np.floor(times).astype(int)
    high = np.minimum(low + 1, person.num_frames - 1)
    part = (times - low)[:, None]

    def between(values: np.ndarray) -> np.ndarray:
        weight = part.reshape(-1, *[1] * (values.ndim - 1))
        return ((1 - weight) * values[low] + weight * values[high]).astype(np.float32)

    filled = person.filled[low] | (person.filled[high] & (part > 0))
    return replace(
        person,
        start=first,
        pose_2d=between(person.pose_2d),
        confidence=between(person.confidence),
        filled=filled,
    )
