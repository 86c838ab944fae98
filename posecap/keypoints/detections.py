"""What a format's reader gives: every detection of a file, as it stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posecap.errors import InputError

FARTHEST = 1e6  # pixels from the origin


@dataclass(frozen=True)
class Detections:
    """All persons found in all frames of a video, one row each.

    frames: (D,) frame numbers from 0; points: (D, K, 2) pixels; confidence: (D, K), 0 where a point
    is not seen; ids: who each row is, None where the file does not tell.
    """

    layout: str
    frames: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    ids: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None
    fps: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """One person in one frame: points (K, 2 or 3) or flat, confidences apart or as third column."""

    frame: int
    points: Any
    confidence: Any = None
    id: Any = None


def collect(rows: Iterable[Row], layout: str, source: str, **rest: Any) -> Detections:
    """Detections of rows; InputError names `source` and the frame of a row with the wrong shape."""
    rows = list(rows)
    if not rows:
        raise InputError(f"{source}: holds no detected person")
    pairs = [_points_and_confidence(row, source) for row in rows]
    counts = {len(points) for points, _ in pairs}
    if len(counts) > 1:
        raise InputError(f"{source}: persons with {' and '.join(map(str, sorted(counts)))} points")
    ids = [row.id for row in rows]
    return clean(
        Detections(
            layout=layout,
            frames=np.array([row.frame for row in rows]),
            points=np.stack([points for points, _ in pairs]),
            confidence=np.stack([confidence for _, confidence in pairs]),
            ids=None if None in ids else tuple(map(str, ids)),
            **rest,
        )
    )


def clean(found: Detections) -> Detections:
    """The same with points that are no pixels, or at exactly (0, 0), counted as not seen."""
    pixels = (np.abs(found.points) < FARTHEST).all(-1)
    lost = ~pixels | (found.points == 0).all(-1) | ~np.isfinite(found.confidence)
    points = np.where(lost[..., None], 0, found.points)
    confidence = np.clip(np.where(lost, 0, found.confidence), 0, 1)
    return Detections(**{**vars(found), "points": points, "confidence": confidence})


def frame_numbers(names: Sequence[Any]) -> dict[Any, int]:
    """Frame number of each image id or file name, from 0.

    Names that count on (12, 13, 15 or "f_0012.jpg", ...) keep their gaps, which are frames without
    a person; where most numbers would be gaps, they are no frame numbers and the order counts.
    """
    different = sorted(set(names), key=_natural)
    numbers = [_last_number(name) for name in different]
    known = [number for number in numbers if number is not None]
    if known and len(known) == len(different) == len(set(known)):
        first, last = min(known), max(known)
        if last - first < 10 * len(known):
            return {name: number - first for name, number in zip(different, known, strict=True)}
    return {name: index for index, name in enumerate(different)}


def _points_and_confidence(row: Row, source: str) -> tuple[np.ndarray, np.ndarray]:
    try:
        points = np.array(row.points, dtype=np.float64)
        if points.ndim == 1:
            points = points.reshape(-1, 3)
        confidence = points[:, 2] if row.confidence is None and points.shape[1] > 2 else row.confidence
        confidence = np.ones(len(points)) if confidence is None else np.array(confidence, dtype=np.float64)
        return points[:, :2].reshape(-1, 2), confidence.reshape(len(points))
    except (ValueError, TypeError, IndexError) as error:
        raise InputError(
            f"{source}: frame {row.frame}: keypoints are not numbers x, y, confidence"
        ) from error


def _last_number(name: Any) -> int | None:
    if isinstance(name, int):
        return name
    found = re.findall(r"\d+", re.sub(r"\.\w+$", "", str(name)))
    return int(found[-1]) if found else None


def _natural(name: Any) -> tuple[Any, ...]:
    parts = re.split(r"(\d+)", str(name))
    return tuple(int(part) if part.isdigit() else part for part in parts)
