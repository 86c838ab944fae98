"""Shards as a source of clips."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from lifting.data.sources import SequenceData, SequenceInfo, ViewData, normalize_2d
from posecap.errors import InputError, unknown_name
from posecap.shards import FrameRows, Ragged, Shards, ViewRows, open_shards

UP = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}
Told = FrameRows | ViewRows
TextIds = Callable[[Told], np.ndarray | None]


class ShardSource:
    """The sequences of a shard directory that have views of one 2D source.

    text: what is told of frames, as rows of the bank that training uses: "sentence", "caption" or None;
    categories: whether the category of every posecode is read too.
    """

    def __init__(
        self,
        path: str | Path,
        keypoints: str | None = None,
        text: str | None = None,
        categories: bool = False,
    ) -> None:
        self.shards = open_shards(path)
        self.keypoints = choose_keypoints(self.shards, keypoints)
        self.skeleton = self.shards.manifest.skeleton.name
        self.sha256 = self.shards.manifest.sha256
        self.data_sha256 = self.shards.manifest.data_sha256()
        self.mirror_joints = mirror_order(self.shards)
        self._cameras = _cameras_of(self.shards, self.keypoints)
        self.infos = tuple(
            SequenceInfo(info.key, info.subject, info.action, info.split, info.fps, info.num_frames, cameras)
            for key, cameras in self._cameras.items()
            for info in [self.shards.sequence_infos[key]]
        )
        self.encoder: dict[str, Any] | None = None
        self.mirror_ids, self._text_ids = _text_ids(self.shards, text)
        self._columns = self.shards.posecode_dictionary()["column"].to_pylist() if categories else None
        self.mirror_categories = self.shards.definitions().mirror_categories if categories else None

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]`, all its views."""
        info = self.infos[index]
        frames = self.shards.read_frames(info.key)
        views = tuple(self._view(info, camera) for camera in info.cameras)
        up = UP[self.shards.sequence_infos[info.key].up]
        of_body = None if self._of_views else self._categories(info.key)
        return SequenceData(frames.pose_3d, views, self._text_ids(frames), up, frames.valid, of_body)

    @property
    def _of_views(self) -> bool:
        """Whether posecodes are those of a camera's frame."""
        return self.shards.manifest.frame == "camera"

    def _categories(self, sequence: str, camera: str = "") -> np.ndarray | None:
        """(T, K) int8 category of every posecode, None where they are not asked for."""
        if self._columns is None:
            return None
        table = self.shards.read_posecodes(sequence, self._columns, camera)
        return np.stack([column.to_numpy() for column in table.columns], axis=1)

    def _view(self, info: SequenceInfo, name: str) -> ViewData:
        camera = self.shards.camera(info.key, name)
        rows = self.shards.read_view(info.key, self.keypoints, name)
        pose_2d = normalize_2d(rows.pose_2d, rows.confidence, camera.width, camera.height)
        intrinsics = camera.intrinsics() if camera.projection == "perspective" else None
        told = self._text_ids(rows)
        codes = self._categories(info.key, name) if self._of_views else None
        return ViewData(name, pose_2d, camera.rotation, camera.position, told, intrinsics, codes)


def choose_keypoints(shards: Shards, keypoints: str | None) -> str:
    """The 2D source of that name, or the only one; InputError where there are several or none such."""
    if keypoints is None:
        if len(shards.sources) != 1:
            known = ", ".join(shards.sources)
            raise InputError(f"{shards.path}: holds several 2D sources, choose one with --keypoints: {known}")
        return shards.sources[0]
    if keypoints not in shards.sources:
        raise unknown_name("2D source", keypoints, shards.sources)
    return keypoints


def mirror_order(shards: Shards) -> np.ndarray:
    """(J,) permutation that swaps left and right joints, from the shards' own skeleton record."""
    record = shards.manifest.skeleton
    order = np.arange(len(record.joints))
    for pair in record.pairs:
        left, right = (record.joints.index(name) for name in pair)
        order[[left, right]] = right, left
    return order


def _cameras_of(shards: Shards, keypoints: str) -> dict[str, tuple[str, ...]]:
    cameras: dict[str, tuple[str, ...]] = {}
    for sequence, camera in shards.view_names(keypoints):
        cameras[sequence] = (*cameras.get(sequence, ()), camera)
    return cameras


def _text_ids(shards: Shards, text: str | None) -> tuple[np.ndarray | None, TextIds]:
    """Mirror images of bank rows, and how rows are found for what is told of frames."""
    if text is None:
        return None, _nothing
    if text == "sentence":
        mirrors = shards.sentence_mirrors
        return mirrors, partial(_sentence_rows, dtype=np.min_scalar_type(-len(mirrors) - 1))
    ids, mirrors = shards.caption_mirrors
    rows = np.where(mirrors >= 0, np.searchsorted(ids, mirrors), -1)
    return rows, partial(_caption_rows, ids=ids)


def _nothing(told: Told) -> None:
    del told


def _sentence_rows(told: Told, dtype: np.dtype) -> np.ndarray | None:
    return None if told.sentence_ids is None else told.sentence_ids.padded().astype(dtype)


def _caption_rows(told: Told, ids: np.ndarray) -> np.ndarray | None:
    ragged = told.caption_ids
    if ragged is None:
        return None
    return Ragged(ragged.offsets, np.searchsorted(ids, ragged.values).astype(np.int32)).padded()
