"""OpenPose JSON: a folder with one file a frame (or one such file), BODY_25 or COCO-18 points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posecap.errors import InputError
from posecap.io.poses import read_json
from posecap.keypoints.detections import Detections, Row, collect, frame_numbers
from posecap.keypoints.layouts import layout_of_count


def matches(path: Path, content: Any) -> bool:
    return path.is_dir() or (isinstance(content, dict) and "people" in content)


def read(path: Path, content: Any) -> Detections:
    """Frames by the number in the file names (`video_000000000012_keypoints.json`), gaps kept."""
    files = {_stem(path): (path, content)} if path.is_file() else _files_of(path)
    rows = [row for stem, number in frame_numbers(list(files)).items() for row in _rows(number, *files[stem])]
    if rows and len(rows[0].points) % 3:
        raise InputError(f"{path}: keypoints do not come in threes")
    points = len(rows[0].points) // 3 if rows else 25
    return collect(rows, layout_of_count(points, str(path)), str(path))


def _files_of(folder: Path) -> dict[str, tuple[Path, Any]]:
    paths = sorted(folder.glob("*_keypoints.json")) or sorted(folder.glob("*.json"))
    if not paths:
        raise InputError(f"{folder}: has no OpenPose files (*_keypoints.json)")
    return {_stem(path): (path, read_json(path)) for path in paths}


def _stem(path: Path) -> str:
    return path.stem.removesuffix("_keypoints")


def _rows(number: int, path: Path, frame: Any) -> list[Row]:
    people = frame.get("people") if isinstance(frame, dict) else None
    if not isinstance(people, list):
        raise InputError(f"{path}: has no list 'people'")
    rows = []
    for person in people:
        points = person.get("pose_keypoints_2d") if isinstance(person, dict) else None
        if not isinstance(points, list):
            raise InputError(f"{path}: a person has no pose_keypoints_2d")
        if any(points):
            rows.append(Row(number, points, id=_person(person)))
    return rows


def _person(person: dict[str, Any]) -> Any:
    """OpenPose writes [-1] where it does not track."""
    ids = person.get("person_id", [-1])
    index = ids[0] if isinstance(ids, list) and ids else ids
    return None if index in (-1, [], None) else index
