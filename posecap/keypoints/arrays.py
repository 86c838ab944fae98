"""Plain arrays: `.npy`, and `.npz` with `keypoints` and `scores` as rtmlib gives them.

An `.npz` may also tell `width`, `height` and `fps`, and call the scores `confidence`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.keypoints.detections import Detections, clean
from posecap.keypoints.layouts import layout_of_count, load_layout
from posecap.skeletons import load_skeleton


def matches(path: Path, content: Any) -> bool:
    return isinstance(content, np.ndarray) or (isinstance(content, dict) and "keypoints" in content)


def read(path: Path, content: Any) -> Detections:
    """(frames, K, 2 or 3), or (frames, persons, K, 2 or 3); `scores` without the last axis.

    The order of persons is who they are, if it is the same number of them in every frame.
    """
    points = content["keypoints"] if isinstance(content, dict) else content
    told = content if isinstance(content, dict) else {}
    scores = told.get("scores", told.get("confidence"))
    width, height, fps = (_number(path, told, name) for name in ("width", "height", "fps"))
    if not isinstance(points, np.ndarray) or points.dtype.kind not in "fiu" or points.ndim not in (3, 4):
        raise InputError(f"{path}: expected keypoints (frames, [persons,] points, 2 or 3)")
    if points.shape[-1] not in (2, 3) or not points.size:
        raise InputError(
            f"{path}: expected keypoints (frames, [persons,] points, 2 or 3), found {points.shape}"
        )
    confidence = _confidence(path, points, scores)
    points, confidence = points[..., :2].astype(float), confidence.astype(float)
    if points.ndim == 3:
        points, confidence = points[:, None], confidence[:, None]
    num_frames, num_people, num_points, _ = points.shape
    layout, notes = guess_layout(points.reshape(-1, num_points, 2), str(path))
    return clean(
        Detections(
            layout=layout,
            frames=np.repeat(np.arange(num_frames), num_people),
            points=points.reshape(-1, num_points, 2),
            confidence=confidence.reshape(-1, num_points),
            ids=tuple(str(person + 1) for person in range(num_people)) * num_frames,
            size=(int(width), int(height)) if width and height else None,
            fps=fps,
            notes=notes,
        )
    )


def _number(path: Path, told: dict[str, Any], name: str) -> float | None:
    if name not in told:
        return None
    value = np.asarray(told[name])
    if value.dtype.kind not in "fiu" or value.size != 1 or not 0 < float(value.reshape(())) < 1e6:
        raise InputError(f"{path}: {name} is {told[name]!r}, expected a number above 0")
    return float(value.reshape(()))


def guess_layout(points: np.ndarray, source: str) -> tuple[str, tuple[str, ...]]:
    """Layout of points (N, K, 2), and a note where it is a guess.

    17 points may stand in COCO's or in Human3.6M's order: the right order is the one in which the
    bones are shorter.
    """
    layout = layout_of_count(points.shape[1], source)
    points = points[np.isfinite(points).all(axis=(1, 2))]
    if points.shape[1] != 17 or not len(points):
        return layout, ()
    layout = min(("coco17", "h36m17"), key=lambda name: _bone_length(points, name))
    return layout, (f"17 points taken as {layout} from the lengths of the bones; say it if that is wrong",)


def _bone_length(points: np.ndarray, layout: str) -> float:
    joints, _ = load_layout(layout).to_h36m17(points, np.ones(points.shape[:2]))
    parents = np.array(load_skeleton("h36m17").parents[1:])
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, parents], axis=-1)
    return float(np.median(lengths.sum(axis=1)))


def _confidence(path: Path, points: np.ndarray, scores: Any) -> np.ndarray:
    if scores is None:
        return points[..., 2] if points.shape[-1] == 3 else np.ones(points.shape[:-1])
    if (
        not isinstance(scores, np.ndarray)
        or scores.shape != points.shape[:-1]
        or scores.dtype.kind not in "fiu"
    ):
        found = getattr(scores, "shape", type(scores).__name__)
        raise InputError(f"{path}: expected scores {points.shape[:-1]}, found {found}")
    return scores
