"""VideoPose3D's archives: Detectron output of one video, or a prepared custom data set of one video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.keypoints.detections import Detections, Row, collect
from posecap.keypoints.layouts import layout_of_count

PERSON_CLASS = 1


def matches(path: Path, content: Any) -> bool:
    return isinstance(content, dict) and ({"boxes", "keypoints"} <= set(content) or "positions_2d" in content)


def read(path: Path, content: Any) -> Detections:
    return _custom(path, content) if "positions_2d" in content else _detectron(path, content)


def _detectron(path: Path, content: dict[str, Any]) -> Detections:
    """`keypoints[frame][class]`: (persons, 4, 17) with rows x, y, logit, probability.

    The scores say how peaked a heat map is, not whether a joint is right, and are left aside, as
    VideoPose3D does: every point counts as seen.
    """
    rows = []
    for frame, classes in enumerate(content["keypoints"]):
        persons = _of_persons(classes)
        for points in [] if persons is None else persons:
            points = np.asarray(points)
            if points.ndim != 2 or points.shape[0] < 2:
                raise InputError(f"{path}: frame {frame}: expected keypoints (4, 17), found {points.shape}")
            rows.append(Row(frame, points[:2].T))
    meta = content.get("metadata")
    size = (int(meta["w"]), int(meta["h"])) if isinstance(meta, dict) and {"w", "h"} <= set(meta) else None
    num_points = len(rows[0].points) if rows else 17
    return collect(rows, layout_of_count(num_points, str(path)), str(path), size=size)


def _of_persons(classes: Any) -> Any:
    if isinstance(classes, (list, np.ndarray)) and len(classes) > PERSON_CLASS:
        return classes[PERSON_CLASS]
    return None


def _custom(path: Path, content: dict[str, Any]) -> Detections:
    """positions_2d {video: {"custom": [(T, 17, 2)]}}; metadata tells the layout and each video's size."""
    videos, meta = content["positions_2d"], content.get("metadata") or {}
    if not isinstance(videos, dict) or len(videos) != 1:
        names = ", ".join(map(str, videos)) if isinstance(videos, dict) else "none"
        raise InputError(f"{path}: expected one video, found {names}")
    (video, takes), *_ = videos.items()
    try:
        (tracks,) = takes.values()
        (track,) = tracks
        rows = [Row(frame, points, id=video) for frame, points in enumerate(np.asarray(track, dtype=float))]
    except (AttributeError, ValueError, TypeError) as error:
        raise InputError(f"{path}: {video}: expected one track (frames, 17, 2)") from error
    told = meta.get("video_metadata", {}).get(video, {})
    size = (int(told["w"]), int(told["h"])) if {"w", "h"} <= set(told) else None
    layout = "h36m17" if meta.get("layout_name") == "h36m" else "coco17"
    return collect(rows, layout, str(path), size=size)
