"""The clips of a report: some seconds of each chosen sequence, as small numbers in base64."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from posecap.frames import up_rotation
from posecap.shards.reader import Shards
from posecap.shards.rows import Ragged, SequenceInfo

PIXEL_PARTS = 4  # 2D is stored in quarters of a pixel, 3D in millimetres: 16 bits hold both


@dataclass(frozen=True)
class Clip:
    """Plain data of one clip, and the ids of its captions: one array, or one a camera, of (frames,)."""

    data: dict[str, Any]
    told: tuple[np.ndarray, ...]


def in_turn(infos: list[SequenceInfo]) -> list[SequenceInfo]:
    """The sequences with actions and, within an action, subjects taking turns; so that the first few of
    them show as much as possible."""
    by_action: dict[str, dict[str, list[SequenceInfo]]] = defaultdict(lambda: defaultdict(list))
    for info in infos:
        by_action[info.action][info.subject].append(info)
    return list(_turns([list(_turns(list(subjects.values()))) for subjects in by_action.values()]))


def _turns(lists: list[list[SequenceInfo]]) -> Iterator[SequenceInfo]:
    for place in range(max(map(len, lists), default=0)):
        yield from (one[place] for one in lists if place < len(one))


def make_clip(
    shards: Shards,
    info: SequenceInfo,
    source: str | None,
    seconds: float,
    rate: float,
    labels: list[dict[str, Any]],
) -> Clip:
    """The middle `seconds` of a sequence at about `rate` frames a second."""
    step = max(1, round(info.fps / rate))
    length = max(1, round(min(info.num_frames, seconds * info.fps)))
    start = (info.num_frames - length) // 2
    chosen = slice(0, length, step)
    rows = shards.read_frames(info.key, start, start + length)
    names = _cameras_of(shards, info, source)
    views = [shards.read_view(info.key, source or "", name, start, start + length) for name in names]
    told = [rows.caption_ids] if rows.caption_ids is not None else [view.caption_ids for view in views]
    pose = _above_floor(rows.pose_3d[chosen] @ up_rotation(_up(info)).T)
    cameras = [
        _camera(shards, info, name, view.pose_2d[chosen]) for name, view in zip(names, views, strict=True)
    ]
    data = {
        "key": info.key,
        "subject": info.subject,
        "action": info.action,
        "split": info.split,
        "fps": info.fps,
        "start": start,
        "step": step,
        "frames": len(pose),
        "height": round(float(pose[..., 1].max()), 3),
        "labels": labels,
        "pose": to_base64(pose * 1000, np.int16),
        "cameras": cameras,
    }
    return Clip(data, tuple(_first_variant(ids)[chosen] for ids in told if ids is not None))


def to_base64(values: np.ndarray, dtype: type[np.signedinteger]) -> str:
    """Rounded numbers, little endian; what does not fit is cut at the ends of the range."""
    limits = np.iinfo(dtype)
    small = np.clip(np.rint(values), limits.min, limits.max).astype(np.dtype(dtype).newbyteorder("<"))
    return base64.b64encode(small.tobytes()).decode("ascii")


def _cameras_of(shards: Shards, info: SequenceInfo, source: str | None) -> list[str]:
    if source is None:
        return []
    return [camera for sequence, camera in shards.view_names(source) if sequence == info.key]


def _up(info: SequenceInfo) -> str:
    return "-y" if info.up == "camera" else info.up


def _above_floor(pose: np.ndarray) -> np.ndarray:
    """Poses (T, J, 3), y up, moved so that the lowest point has height 0 and the path starts at 0."""
    origin = np.array([pose[0, 0, 0], pose[..., 1].min(), pose[0, 0, 2]])
    return pose - origin


def _camera(shards: Shards, info: SequenceInfo, name: str, pose_2d: np.ndarray) -> dict[str, Any]:
    camera = shards.camera(info.key, name)
    return {
        "name": name,
        "width": int(camera.width),
        "height": int(camera.height),
        "pose": to_base64(pose_2d * PIXEL_PARTS, np.int16),
    }


def _first_variant(ids: Ragged) -> np.ndarray:
    return ids.values[ids.offsets[:-1]]
