"""AlphaPose JSON: a list with one entry a person and image, flat keypoints of 17, 26 or 136 points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posecap.keypoints import coco
from posecap.keypoints.detections import Detections, Row, collect, frame_numbers
from posecap.keypoints.layouts import layout_of_count


def matches(path: Path, content: Any) -> bool:
    """COCO results look alike; AlphaPose names images by file and adds a box or an index."""
    return (
        isinstance(content, list)
        and coco.matches(path, content)
        and all(isinstance(entry["image_id"], str) or {"box", "idx"} & set(entry) for entry in content)
    )


def read(path: Path, content: Any) -> Detections:
    numbers = frame_numbers([entry["image_id"] for entry in content])
    rows = [Row(numbers[entry["image_id"]], entry["keypoints"], id=_person(entry)) for entry in content]
    return collect(rows, layout_of_count(len(content[0]["keypoints"]) // 3, str(path)), str(path))


def _person(entry: dict[str, Any]) -> Any:
    """The tracker's index; without tracking AlphaPose writes none, or one that several persons share."""
    index = entry.get("idx")
    while isinstance(index, list):
        index = index[0] if index else None
    return int(index) if isinstance(index, (int, float)) else index
