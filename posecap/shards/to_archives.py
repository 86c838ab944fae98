"""Shards back to the pair of archives that other lifters read (VideoPose3D's layout)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from posecap.errors import InputError, unknown_name
from posecap.readers.h36m_archives import write_archives
from posecap.sequences import View
from posecap.shards.reader import Shards


def shards_to_archives(
    shards: Shards, folder: str | Path, sources: Sequence[str] | None = None
) -> list[Path]:
    """Writes `data_3d_h36m.npz` and a `data_2d_h36m_<source>.npz` for each 2D source into `folder`.

    Frames, joints and pixels are those of the shards, unchanged; where confidences are not all ones,
    a `_conf.npz` lies beside. sources: None for all. Returns the files, which are all there or none.
    InputError for another skeleton than h36m17, a world that is not z up, an unknown source, a folder that
    cannot be written, or files that are there already.
    """
    folder = Path(folder)
    for source in sources or ():
        if source not in shards.sources:
            raise unknown_name("2D source", source, shards.sources)
    if shards.manifest.skeleton.name != "h36m17":
        raise InputError(f"{shards.path}: archives hold h36m17 poses, not {shards.manifest.skeleton.name}")
    if folder.is_dir() and any(folder.glob("data_?d_h36m*.npz")):
        raise InputError(f"{folder}: holds such archives already")
    infos = shards.sequence_infos
    tilted = [key for key, info in infos.items() if info.up != "z"]
    if tilted:
        raise InputError(
            f"{shards.path}: {tilted[0]}: archives have the z axis up, here it is {infos[tilted[0]].up}"
        )
    joints = {_key(key): shards.read_frames(key).pose_3d for key in infos}
    views = {source: _views(shards, source) for source in (sources or shards.sources)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".new-", dir=folder) as beside:
            written = write_archives(Path(beside), joints, views)
            return [path.replace(folder / path.name) for path in written]
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror or error})") from error


def _key(key: str) -> str:
    """Archives know subjects and actions: a sequence without a subject is put under its own name."""
    return key if "/" in key else f"{key}/{key}"


def _views(shards: Shards, source: str) -> dict[str, list[View]]:
    views: dict[str, list[View]] = {}
    for sequence, camera in shards.view_names(source):
        rows = shards.read_view(sequence, source, camera)
        views.setdefault(_key(sequence), []).append(View(rows.pose_2d, np.asarray(rows.confidence)))
    return views
