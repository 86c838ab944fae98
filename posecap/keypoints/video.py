"""A video to keypoints: RTMPose on the people that YOLOX finds, by rtmlib (extra `[video]`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.keypoints.detections import Detections, Row, collect

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm")
MAX_PEOPLE = 20
HOW_TO_GET_WEIGHTS = (
    "a folder with two .onnx files: a YOLOX person detector (yolox_*.onnx) and an RTMPose of 26 points "
    "(rtmpose-*halpe26*.onnx); their addresses stand in rtmlib's class BodyWithFeet"
)


def read(path: Path, weights: Path | None) -> Detections:
    """Everybody in every frame of a video, Halpe's 26 points; `weights` is the folder of the detectors.

    Weights are never fetched from here. InputError tells what is missing: the extra, the weights, the
    video, or people in it.
    """
    if weights is None or not weights.is_dir():
        raise InputError(f"{path}: detecting people needs weights: give {HOW_TO_GET_WEIGHTS}")
    find_people, find_points = _detectors(path, weights)
    capture, fps, size = _open(path)
    rows = [
        Row(number, points, sure)
        for number, image in enumerate(_images(capture))
        for points, sure in _persons(image, find_people, find_points)
    ]
    return collect(rows, "halpe26", str(path), size=size, fps=fps)


def _detectors(path: Path, weights: Path) -> tuple[Any, Any]:
    try:
        import rtmlib
    except ImportError as error:
        raise InputError(f"{path}: videos need rtmlib: pip install 'posecap[video]'") from error
    finder, pointer = (_one_file(weights, pattern) for pattern in ("yolox*.onnx", "rtmpose*halpe26*.onnx"))
    finder_size = (416, 416) if "tiny" in finder.name else (640, 640)
    found = re.search(r"(\d{3})x(\d{3})", pointer.name)
    pointer_size = (int(found[2]), int(found[1])) if found else (192, 256)
    return (
        _network(rtmlib.YOLOX, finder, model_input_size=finder_size),
        _network(rtmlib.RTMPose, pointer, model_input_size=pointer_size, to_openpose=False),
    )


def _network(kind: Callable[..., Any], weights: Path, **options: Any) -> Any:
    """A network of rtmlib, which prints where results go."""
    try:
        with redirect_stdout(sys.stderr):
            return kind(str(weights), backend="onnxruntime", device="cpu", **options)
    except Exception as error:  # a damaged file can raise anything in its reader
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(f"{weights}: cannot be used as detector ({reason})") from error


def _one_file(weights: Path, pattern: str) -> Path:
    found = sorted(weights.glob(pattern))
    if not found:
        raise InputError(f"{weights}: has no {pattern}; wanted is {HOW_TO_GET_WEIGHTS}")
    return found[0]


def _open(path: Path) -> tuple[Any, float | None, tuple[int, int]]:
    import cv2

    capture = cv2.VideoCapture(str(path))
    size = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    if not capture.isOpened() or not all(size):
        raise InputError(f"{path}: not a readable video")
    return capture, capture.get(cv2.CAP_PROP_FPS) or None, size


def _images(capture: Any) -> Iterator[np.ndarray]:
    try:
        while True:
            there, image = capture.read()
            if not there:
                return
            yield image
    finally:
        capture.release()


def _persons(image: np.ndarray, find_people: Any, find_points: Any) -> list[tuple[np.ndarray, np.ndarray]]:
    """Points (26, 2) and confidences (26,) of each person; none where nobody is found.

    Asked without boxes, the pose network would take the whole image for a person.
    """
    boxes = find_people(image)
    if len(boxes) == 0:
        return []
    points, sure = find_points(image, bboxes=boxes[:MAX_PEOPLE])
    return list(zip(np.asarray(points), np.asarray(sure), strict=True))
