"""MMPose JSON: a list of frames with instances, alone or under `instance_info`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posecap.errors import InputError
from posecap.keypoints.detections import Detections, Row, collect
from posecap.keypoints.layouts import layout_of_count


def matches(path: Path, content: Any) -> bool:
    frames = _frames(content)
    if not isinstance(frames, list) or not frames or not all(isinstance(frame, dict) for frame in frames):
        return False
    return all("instances" in frame for frame in frames) or all(
        "keypoint_scores" in frame for frame in frames
    )


def read(path: Path, content: Any) -> Detections:
    """Of a whole video by its frame ids, or of one image (a list of instances)."""
    frames = _frames(content)
    if "instances" not in frames[0]:
        frames = [{"frame_id": 0, "instances": frames}]
    ids = [frame.get("frame_id", index) for index, frame in enumerate(frames)]
    if not all(isinstance(id, int) for id in ids):
        raise InputError(f"{path}: a frame_id is not a whole number")
    rows = [
        _row(id - min(ids), instance, path)
        for id, frame in zip(ids, frames, strict=True)
        for instance in frame["instances"]
    ]
    if not rows:
        raise InputError(f"{path}: holds no detected person")
    return collect(rows, layout_of_count(len(rows[0].points), str(path)), str(path))


def _frames(content: Any) -> Any:
    return content.get("instance_info") if isinstance(content, dict) else content


def _row(frame: int, instance: Any, path: Path) -> Row:
    if not isinstance(instance, dict) or not isinstance(instance.get("keypoints"), list):
        raise InputError(f"{path}: frame {frame}: an instance has no list 'keypoints'")
    person = instance.get("track_id", instance.get("instance_id"))
    return Row(frame, instance["keypoints"], instance.get("keypoint_scores"), person)
