"""Clips of a source as batches of arrays."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lifting.data.mirror import mirror_pose, mirror_sentences
from lifting.data.order import PADDING
from lifting.data.sources import ClipSource, RecentSequences, SequenceData, SequenceInfo, ViewData
from lifting.data.windows import Windows, clip_frames, clip_starts
from posecap.errors import InputError

Batch = dict[str, Any]
UNKNOWN = -1  # category
UNKNOWN_INTRINSICS = np.full(9, np.nan, np.float32)
MIRRORED_INTRINSICS = np.array([1, 1, -1, 1, 1, 1, 1, -1, 1], np.float32)


@dataclass(frozen=True)
class Clip:
    """One window of one view."""

    sequence: int
    camera: int
    start: int
    step: int


class Clips:
    """All clips of the wanted sequences, by number; with `flip`, number 2c+1 is clip c mirrored.

    A batch is a dict of arrays (B clips, F frames, J joints):
      pose_2d (B, F, J, 3) normalised x, y and confidence;
      pose_3d (B, F, J, 3) metres, camera frame, relative to the root; root (B, F, 1, 3) the same frame;
      weight (B, F) 1 for frames that count: inside the view, and valid where there is 3D;
      labelled (B,) 1 where the 3D may be read, else pose_3d and root are 0;
      sentence_ids (B, F, M) int16 or int32, -1 padded;
      categories (B, F, K) int8 of every posecode where the source has them, -1 unknown and unlabelled;
      up (B, 3) the world's up in the camera frame; intrinsics (B, 9), NaN for the clips whose camera has
        none, left out where no camera has them;
      sequence, camera (numbers), start, step, flipped (B,) say where a clip is from.
    """

    def __init__(
        self,
        source: ClipSource,
        windows: Windows,
        *,
        wanted: Callable[[SequenceInfo], bool] = lambda info: True,
        flip: bool = False,
        unlabelled: Collection[str] = (),
        repeat: Mapping[str, int] | None = None,
        keep: int | None = None,
    ) -> None:
        """unlabelled: subjects whose 3D is never read; repeat: how often a subject's clips occur (once).

        keep: sequences held in memory (None: all).
        """
        self.source = source
        self.windows = windows
        self.flip = flip
        self.unlabelled = frozenset(unlabelled)
        self.chosen = [index for index, info in enumerate(source.infos) if wanted(info)]
        times = {} if repeat is None else repeat
        planned = [index for index in self.chosen for _ in range(times.get(self.info(index).subject, 1))]
        self._table = _plan(source, windows, planned)
        self._sequences = RecentSequences(source.load, keep)

    def __len__(self) -> int:
        return len(self._table) * (2 if self.flip else 1)

    @property
    def groups(self) -> np.ndarray:
        """(N,) sequence of each item."""
        return np.repeat(self._table[:, 0], 2 if self.flip else 1)

    @property
    def places(self) -> np.ndarray:
        """(N, 2) sequence and camera of each item."""
        return np.repeat(self._table[:, :2], 2 if self.flip else 1, axis=0)

    def views(self) -> list[tuple[int, int]]:
        """(sequence, camera) of every view, in the order of the clips."""
        return [(index, camera) for index in self.chosen for camera in range(len(self.info(index).cameras))]

    def info(self, sequence: int) -> SequenceInfo:
        """What is known of the sequence of that number."""
        return self.source.infos[sequence]

    def batch(self, items: np.ndarray) -> Batch:
        """The clips `items` (B,); PADDING gives a clip of zero weight."""
        rows = [self._row(int(item)) for item in items]
        if any("intrinsics" in row for row in rows):
            for row in rows:
                row.setdefault("intrinsics", UNKNOWN_INTRINSICS)
        batch: Batch = {key: np.stack([row[key] for row in rows]) for key in rows[0] if key != "sentence_ids"}
        if "sentence_ids" in rows[0]:
            batch["sentence_ids"] = _stack_ids([row["sentence_ids"] for row in rows])
        return batch

    def _row(self, item: int) -> Batch:
        clip, flipped = divmod(max(item, 0), 2) if self.flip else (max(item, 0), 0)
        sequence, camera, start, step = (int(value) for value in self._table[clip])
        row = self._cut(self._sequences[sequence], Clip(sequence, camera, start, step))
        if flipped:
            self._mirror(row)
        if item == PADDING:
            row["weight"] = np.zeros_like(row["weight"])
        row["flipped"] = np.int64(flipped)
        return row

    def _cut(self, data: SequenceData, clip: Clip) -> Batch:
        info, view = self.info(clip.sequence), data.views[clip.camera]
        frames, weight = clip_frames(
            clip.start, self.windows.frames, clip.step, info.num_frames, self.windows.grid
        )
        labelled = data.world is not None and info.subject not in self.unlabelled
        # which frames count is told of the 3D: without any, no frame is lost
        counted = None if data.world is None else data.valid
        row: Batch = {
            "pose_2d": view.pose_2d[frames],
            "weight": weight if counted is None else weight * counted[frames],
            "labelled": np.float32(labelled),
            "up": (view.rotation @ np.asarray(data.up)).astype(np.float32),
            "sequence": np.int64(clip.sequence),
            "camera": np.int64(clip.camera),
            "start": np.int64(clip.start),
            "step": np.int64(clip.step),
        }
        if view.intrinsics is not None:
            row["intrinsics"] = view.intrinsics.astype(np.float32)
        row["pose_3d"], row["root"] = _camera_pose(data.world[frames], view) if labelled else _no_pose(row)  # type: ignore[index]
        ids = data.sentence_ids if view.sentence_ids is None else view.sentence_ids
        if ids is not None:
            row["sentence_ids"] = ids[frames]
        categories = data.categories if view.categories is None else view.categories
        if categories is not None:
            row["categories"] = categories[frames] if labelled else np.full_like(categories[frames], UNKNOWN)
        return row

    def _mirror(self, row: Batch) -> None:
        for key in ("pose_2d", "pose_3d"):
            row[key] = mirror_pose(row[key], self.source.mirror_joints)
        row["root"] = row["root"] * np.array([-1, 1, 1], np.float32)
        row["up"] = row["up"] * np.array([-1, 1, 1], np.float32)
        if "intrinsics" in row:
            row["intrinsics"] = row["intrinsics"] * MIRRORED_INTRINSICS
        if "sentence_ids" in row:
            if self.source.mirror_ids is None:
                raise InputError("clips cannot be flipped: the statements' mirror images are not known")
            row["sentence_ids"] = mirror_sentences(row["sentence_ids"], self.source.mirror_ids)
        if "categories" in row:
            if self.source.mirror_categories is None:
                raise InputError("clips cannot be flipped: the posecodes' mirror images are not known")
            row["categories"] = self.source.mirror_categories(row["categories"])


def _plan(source: ClipSource, windows: Windows, chosen: list[int]) -> np.ndarray:
    """(C, 4) sequence, camera, start, step of every clip, in the order of the source."""
    rows = [np.empty((0, 4), np.int64)]
    for index in chosen:
        info = source.infos[index]
        step = windows.step(info.fps)
        starts = clip_starts(info.num_frames, windows, step)
        for camera in range(len(info.cameras)):
            rows.append(np.stack(np.broadcast_arrays(index, camera, starts, step), axis=1))
    return np.concatenate(rows)


def _camera_pose(world: np.ndarray, view: ViewData) -> tuple[np.ndarray, np.ndarray]:
    """World joints (F, J, 3) to the camera frame: relative to the root, and the root (F, 1, 3)."""
    camera = (world - view.position) @ view.rotation.T
    root = camera[:, :1]
    return (camera - root).astype(np.float32), root.astype(np.float32)


def _no_pose(row: Batch) -> tuple[np.ndarray, np.ndarray]:
    zeros = np.zeros_like(row["pose_2d"])
    return zeros, zeros[:, :1]


def _stack_ids(ids: list[np.ndarray]) -> np.ndarray:
    """(F, M_b) of each clip to (B, F, M), -1 padded to the most statements that a frame here has."""
    stacked = np.full(
        (len(ids), len(ids[0]), max(1, *(row.shape[1] for row in ids))), -1, np.result_type(*ids)
    )
    for target, row in zip(stacked, ids, strict=True):
        target[:, : row.shape[1]] = row
    used = np.flatnonzero((stacked >= 0).any(axis=(0, 1)))
    return np.ascontiguousarray(stacked[..., : used[-1] + 1 if used.size else 1])
