"""One view of shards as keypoints to lift, with its camera and its true poses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lifting.data.shards import choose_keypoints
from lifting.prediction.config import PredictionConfig
from lifting.prediction.truth import Truth
from lifting.runs import RunInfo
from posecap.cameras import world_to_camera
from posecap.errors import InputError, unknown_name
from posecap.keypoints import Keypoints, Person
from posecap.shards import Shards, open_shards


@dataclass(frozen=True)
class ShardView:
    """Keypoints of one person; truth in the camera's frame; focal in pixels, None where it has none."""

    keypoints: Keypoints
    truth: Truth
    focal: float | None
    center: np.ndarray


def read_view(config: PredictionConfig, info: RunInfo) -> ShardView:
    """The view that `config.sequence`, `camera` and `source` name, each the first or the run's if None.

    InputError for names that are not there, with those that are.
    """
    shards = open_shards(Path(config.features or ""))
    if shards.manifest.skeleton.name != info.skeleton:
        raise InputError(f"{config.features}: skeleton {shards.manifest.skeleton.name}, not {info.skeleton}")
    usual = info.keypoints if info.keypoints in shards.sources else None
    source = choose_keypoints(shards, config.source or usual)
    key = _sequence(shards, source, config.sequence)
    name = _camera_name([camera for sequence, camera in shards.view_names(source) if sequence == key], config)
    camera, frames, rows = (
        shards.camera(key, name),
        shards.read_frames(key),
        shards.read_view(key, source, name),
    )
    told, of = shards.sequence_infos[key], f"{key}, camera {name}"
    shape = rows.pose_2d.shape[:2]
    person = Person(told.subject, 0, rows.pose_2d, np.asarray(rows.confidence), np.zeros(shape, bool))
    size, line = (camera.width, camera.height), f"{of}, {source}: {len(frames.pose_3d)} frames"
    keypoints = Keypoints((person,), *size, told.fps, shape[0], "shards", source, of, (line,))
    pose = world_to_camera(frames.pose_3d.astype(np.float64), camera)
    focal = float(camera.focal.mean()) if camera.projection == "perspective" else None
    return ShardView(keypoints, Truth(pose - pose[:, :1], frames.valid, told.fps), focal, camera.center)


def _sequence(shards: Shards, source: str, name: str | None) -> str:
    known = list(dict.fromkeys(sequence for sequence, _ in shards.view_names(source)))
    if name in known:
        return str(name)
    if name is not None:
        raise unknown_name("sequence", name, known)
    infos = shards.sequence_infos
    some = sorted(known, key=lambda key: infos[key].split != "test")[:8]
    raise InputError(
        f"{shards.path}: holds {len(known)} sequences, name one with --sequence: {', '.join(some)}, ..."
    )


def _camera_name(known: list[str], config: PredictionConfig) -> str:
    """By name, else by number from 0; the first where none is named."""
    wanted = config.camera or "0"
    if wanted in known:
        return wanted
    if wanted.isdecimal() and int(wanted) < len(known):
        return known[int(wanted)]
    raise unknown_name(f"camera of {config.sequence}", wanted, [*known, f"0 to {len(known) - 1}"])
