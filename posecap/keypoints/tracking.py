"""Who is who from frame to frame, where a file does not tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import numpy as np

from posecap.keypoints.detections import Detections

MAX_MOVE = 0.5  # median move of the joints from one frame to the next, in heights of the person
MAX_ABSENCE = 30  # frames


@dataclass
class _Track:
    id: int
    frame: int
    points: np.ndarray
    confidence: np.ndarray


def identities(found: Detections) -> list[str]:
    """Who each detection is: the file's ids, or, where it has none (or one twice in a frame), tracks.

    A track goes on with the nearest person of the next frame, nearest pairs first, if the joints moved
    by less than half the person's height (the median of them: single joints may jump).
    """
    if found.ids is not None and _are_unique(found):
        return list(found.ids)
    ids, tracks, numbers = [""] * len(found.frames), list[_Track](), count(1)
    for frame in np.unique(found.frames):
        rows = np.flatnonzero(found.frames == frame)
        tracks = [track for track in tracks if frame - track.frame <= MAX_ABSENCE]
        for row, track in _matches(found, rows, tracks, numbers).items():
            ids[row] = str(track.id)
    return ids


def _are_unique(found: Detections) -> bool:
    pairs = set(zip(found.frames.tolist(), found.ids or (), strict=True))
    return len(pairs) == len(found.frames)


def _matches(
    found: Detections, rows: np.ndarray, tracks: list[_Track], numbers: Iterator[int]
) -> dict[int, _Track]:
    """A track for each row; those of new persons are appended to `tracks`."""
    costs = [
        (_move(found.points[row], found.confidence[row], track), row, index)
        for row in rows.tolist()
        for index, track in enumerate(tracks)
    ]
    taken: dict[int, _Track] = {}
    used: set[int] = set()
    for cost, row, index in sorted(costs):
        if cost < MAX_MOVE and row not in taken and index not in used:
            taken[row] = tracks[index]
            used.add(index)
    for row in rows.tolist():
        if row not in taken:
            taken[row] = _Track(next(numbers), 0, found.points[row], found.confidence[row])
            tracks.append(taken[row])
        track = taken[row]
        track.frame = int(found.frames[row])
        track.points, track.confidence = found.points[row], found.confidence[row]
    return taken


def _move(points: np.ndarray, confidence: np.ndarray, track: _Track) -> float:
    both = (confidence > 0) & (track.confidence > 0)
    if not both.any():
        return np.inf
    seen = points[confidence > 0]
    height = max(float((seen.max(0) - seen.min(0)).max()), 1.0)
    return float(np.median(np.linalg.norm(points[both] - track.points[both], axis=-1))) / height
