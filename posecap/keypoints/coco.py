"""COCO keypoint JSON: a results list, or an annotation file with images and annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posecap.keypoints.detections import Detections, Row, collect, frame_numbers
from posecap.keypoints.layouts import layout_of_count

ID_NAMES = ("track_id", "person_id", "instance_id")
VISIBILITY = 2  # annotations mark points 0 (not labelled), 1 (hidden), 2 (visible)


def matches(path: Path, content: Any) -> bool:
    entries = content.get("annotations") if isinstance(content, dict) else content
    return (
        isinstance(entries, list)
        and bool(entries)
        and all(isinstance(entry, dict) and {"keypoints", "image_id"} <= set(entry) for entry in entries)
    )


def read(path: Path, content: Any) -> Detections:
    """Frames are the order of `images` where there are any, else the image ids."""
    annotated = isinstance(content, dict)
    entries = content["annotations"] if annotated else content
    images = content.get("images") or [] if annotated else []
    numbers = _frames_of_images(images) or frame_numbers([entry["image_id"] for entry in entries])
    rows = [_row(entry, numbers, annotated) for entry in entries if any(entry["keypoints"])]
    sizes = {(image.get("width"), image.get("height")) for image in images}
    size = sizes.pop() if len(sizes) == 1 else None
    layout = layout_of_count(len(entries[0]["keypoints"]) // 3, str(path))
    return collect(rows, layout, str(path), size=size if size and all(size) else None)


def _frames_of_images(images: list[dict[str, Any]]) -> dict[Any, int]:
    if images and all("frame_id" in image for image in images):
        return {image["id"]: int(image["frame_id"]) for image in images}
    names = {image["id"]: image.get("file_name", image["id"]) for image in images}
    numbers = frame_numbers(list(names.values()))
    return {id: numbers[name] for id, name in names.items()}


def _row(entry: dict[str, Any], numbers: dict[Any, int], annotated: bool) -> Row:
    points = entry["keypoints"]
    confidence = [mark / VISIBILITY for mark in points[2::3]] if annotated else None
    person = next((entry[name] for name in ID_NAMES if name in entry), None)
    return Row(numbers[entry["image_id"]], points, confidence, person)
