"""2D keypoints as detectors write them: one file per format, all giving the same `Keypoints`.

A format's module has `matches(path, content)`, whether a file is of this format, and
`read(path, content) -> Detections`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from posecap.errors import InputError, unknown_name
from posecap.io import read_npy, read_npz
from posecap.io.poses import read_json
from posecap.keypoints import alphapose, arrays, coco, mmpose, openpose, video, videopose3d
from posecap.keypoints.detections import Detections
from posecap.keypoints.layouts import load_layout
from posecap.keypoints.people import MIN_CONFIDENCE, Keypoints, Person, to_people

FASTEST = 10_000  # frames a second
# In the order in which a file is tried: the more particular first.
FORMATS: dict[str, ModuleType] = {
    "openpose": openpose,
    "alphapose": alphapose,
    "coco": coco,
    "mmpose": mmpose,
    "videopose3d": videopose3d,
    "arrays": arrays,
}

__all__ = ["FASTEST", "FORMATS", "Keypoints", "Person", "read_keypoints"]


def read_keypoints(
    path: str | Path,
    format: str = "auto",
    *,
    size: tuple[int, int] | None = None,
    fps: float | None = None,
    layout: str | None = None,
    min_confidence: float = MIN_CONFIDENCE,
    weights: Path | None = None,
) -> Keypoints:
    """The people in a file (or folder) of 2D keypoints, or in a video.

    size: image width, height in pixels, needed where the file does not tell; fps: frame rate, where
    known; layout: name of the points' layout, where it is not the one their number tells; weights:
    folder of the detectors' weights, for a video (see `posecap.keypoints.video`). Joints
    below `min_confidence` and missing frames are filled, and `report` of the result tells so.
    Raises InputError for an unknown format or layout, and naming the file for whatever is wrong in it.
    """
    path = Path(path)
    if format != "auto" and format not in FORMATS:
        raise unknown_name("keypoint format", format, [*FORMATS, "auto"])
    if path.suffix.lower() in video.SUFFIXES:
        found, format = video.read(path, weights), "video"
    else:
        content = _load(path)
        format = _recognise(path, content) if format == "auto" else format
        found = _read(path, format, content)
    if layout is not None:
        found = _with_layout(found, layout, path)
    size = size or found.size
    if size is None:
        raise InputError(f"{path}: does not tell the image size; give it (--size, --video-size)")
    fps = fps or found.fps
    if fps is not None and not 0 < fps <= FASTEST:
        raise InputError(f"{path}: a frame rate of {fps:g} is none (above 0, up to {FASTEST})")
    people, report = to_people(found, min_confidence)
    if not people:
        raise InputError(f"{path}: holds no detected person")
    return Keypoints(
        people=people,
        width=size[0],
        height=size[1],
        fps=fps,
        num_frames=int(found.frames.max()) + 1,
        format=format,
        layout=found.layout,
        source=path.name,
        report=report,
    )


def _load(path: Path) -> Any:
    if path.is_dir():
        return None
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder")
    loaders = {".json": read_json, ".npy": read_npy, ".npz": read_npz}
    if path.suffix not in loaders:
        raise InputError(f"{path}: expected keypoints in .json, .npz, .npy or a folder of OpenPose files")
    return loaders[path.suffix](path)


def _recognise(path: Path, content: Any) -> str:
    for name, module in FORMATS.items():
        if module.matches(path, content):
            return name
    raise InputError(f"{path}: not a keypoint file of a known format ({', '.join(FORMATS)})")


def _read(path: Path, format: str, content: Any) -> Detections:
    module = FORMATS[format]
    if not module.matches(path, content):
        raise InputError(f"{path}: is not of the format {format}")
    try:
        return module.read(path, content)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError) as error:
        raise InputError(f"{path}: not as {format} writes it ({type(error).__name__}: {error})") from error


def _with_layout(found: Detections, layout: str, path: Path) -> Detections:
    num_points = len(load_layout(layout).points)
    if found.points.shape[1] < num_points:
        raise InputError(f"{path}: {found.points.shape[1]} points a person, but {layout} has {num_points}")
    return replace(found, layout=layout, notes=())
