"""Which way data are read: held, mapped or streamed; the clips are the same."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from lifting.data.mapped import MappedSource
from lifting.data.sources import ClipSource

HOLD_BYTES = 2**30
BYTES_A_JOINT = 12  # three float32, of 3D or of 2D with confidence


@dataclass(frozen=True)
class Reading:
    """A source, and how many sequences to keep of it and to shuffle together (None: all)."""

    source: ClipSource
    keep: int | None = None
    block: int | None = None


def choose_reading(source: ClipSource, stream: bool | None, block: int, folder: Path) -> Reading:
    """Data of less than 1 GB are held, what fits half of the memory is mapped in `folder`, more is streamed.

    stream: True streams all the same, False never does.
    """
    size = data_bytes(source)
    if stream is None:
        stream = size > _memory_bytes() // 2
    if stream:
        return Reading(source, block, block)
    if size < HOLD_BYTES:
        return Reading(source)
    return Reading(MappedSource(source, folder))


def data_bytes(source: ClipSource) -> int:
    """Bytes of all poses, without reading any."""
    poses = sum(info.num_frames * (1 + len(info.cameras)) for info in source.infos)
    return poses * len(source.mirror_joints) * BYTES_A_JOINT


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
