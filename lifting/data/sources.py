"""Where clips come from: a list of sequences, each read whole when it is needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from posecap.cameras import normalize_pixels


@dataclass(frozen=True)
class SequenceInfo:
    """What planning needs to know of a sequence, without its poses."""

    key: str
    subject: str
    action: str
    split: str
    fps: float
    num_frames: int
    cameras: tuple[str, ...]
    has_3d: bool = True


@dataclass(frozen=True)
class ViewData:
    """A sequence seen by one camera.

    pose_2d: (T, J, 3), x and y in units of half the image width from its centre, and confidence 0..1.
    rotation: (3, 3) world to camera; position: (3,) metres, of the camera in the world.
    sentence_ids: (T, M) int32, -1 padded, where captions were made in this camera's frame.
    intrinsics: (9,) focal lengths x, y, centre x, y (in the units of pose_2d), radial k1..k3, tangential
    p1, p2, as `Camera.intrinsics` gives them; None where they are not known.
    categories: (T, K) int8 category of every posecode in this camera's frame, where they are asked for.
    """

    camera: str
    pose_2d: np.ndarray
    rotation: np.ndarray
    position: np.ndarray
    sentence_ids: np.ndarray | None = None
    intrinsics: np.ndarray | None = None
    categories: np.ndarray | None = None


@dataclass(frozen=True)
class SequenceData:
    """Poses of a sequence: world (T, J, 3) metres or None where there is no 3D; up (3,) in the world.

    valid: (T,) bool, frames that count; None: all do.
    categories: (T, K) int8 category of every posecode, -1 where not measured; None where not asked for.
    """

    world: np.ndarray | None
    views: tuple[ViewData, ...]
    sentence_ids: np.ndarray | None = None
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    valid: np.ndarray | None = None
    categories: np.ndarray | None = None


class ClipSource(Protocol):
    """Sequences of one skeleton and one 2D source."""

    @property
    def infos(self) -> Sequence[SequenceInfo]:
        """What is there, in a fixed order."""
        ...

    @property
    def mirror_joints(self) -> np.ndarray:
        """(J,) permutation that swaps left and right."""
        ...

    @property
    def mirror_ids(self) -> np.ndarray | None:
        """(S,) mirror image of each statement, None where there are no statements."""
        ...

    @property
    def mirror_categories(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """Categories (..., K) to those of the mirrored poses, None where there are no categories."""
        ...

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]`."""
        ...


class SourceOver:
    """A source whose sequences are made of another's; all else is the other's. Members say `load`."""

    def __init__(self, source: ClipSource) -> None:
        self._source = source

    def __getattr__(self, name: str) -> object:
        """What else is known of the other source: its hashes, its skeleton."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._source, name)

    @property
    def infos(self) -> Sequence[SequenceInfo]:
        """See ClipSource."""
        return self._source.infos

    @property
    def mirror_joints(self) -> np.ndarray:
        """See ClipSource."""
        return self._source.mirror_joints

    @property
    def mirror_ids(self) -> np.ndarray | None:
        """See ClipSource."""
        return self._source.mirror_ids

    @property
    def mirror_categories(self) -> Callable[[np.ndarray], np.ndarray] | None:
        """See ClipSource."""
        return self._source.mirror_categories

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]`."""
        return self._source.load(index)


class MemorySource:
    """Sequences that are in memory already: small data, tests, keypoints without 3D."""

    def __init__(
        self,
        infos: Sequence[SequenceInfo],
        data: Sequence[SequenceData],
        mirror_joints: np.ndarray,
        mirror_ids: np.ndarray | None = None,
        mirror_categories: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:
        self.infos = tuple(infos)
        self.mirror_joints = mirror_joints
        self.mirror_ids = mirror_ids
        self.mirror_categories = mirror_categories
        self._data = tuple(data)

    def load(self, index: int) -> SequenceData:
        return self._data[index]


class RecentSequences:
    """The sequences read last; the oldest make room, so memory does not grow with the data."""

    def __init__(self, load: Callable[[int], SequenceData], capacity: int | None) -> None:
        self._load = load
        self._capacity = capacity
        self._kept: OrderedDict[int, SequenceData] = OrderedDict()

    def __getitem__(self, index: int) -> SequenceData:
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        if self._capacity is not None and len(self._kept) >= self._capacity:
            self._kept.popitem(last=False)
        data = self._kept[index] = self._load(index)
        return data

    def __len__(self) -> int:
        return len(self._kept)


def normalize_2d(pixels: np.ndarray, confidence: np.ndarray, width: int, height: int) -> np.ndarray:
    """(T, J, 2) pixels and (T, J) confidences to (T, J, 3): x / width * 2 - 1, y keeps the aspect ratio."""
    scaled = normalize_pixels(pixels.astype(np.float32, copy=False), width, height)
    return np.concatenate([scaled, confidence[..., None]], axis=-1, dtype=np.float32)
