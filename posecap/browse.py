"""Looking into shards: which frames, and what is said of them. Loads PyArrow and nothing heavier."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError, unknown_name
from posecap.shards.reader import Shards, open_shards
from posecap.shards.rows import Ragged, SequenceInfo


@dataclass(frozen=True)
class Filters:
    """Which frames to look at; None takes all. Subject and action are compared without case.

    `where` is a condition on posecodes (`posecap.posecodes.where`), `every` keeps each so-manieth frame of a
    sequence, `changes` (of those that pass) the ones whose caption is not that of the one before.
    """

    subject: str | None = None
    action: str | None = None
    sequence: str | None = None
    frame: int | None = None
    camera: str | None = None
    every: int = 1
    changes: bool = False
    where: str | None = None


@dataclass(frozen=True)
class ToldFrame:
    """One frame (of a view, where captions belong to views; camera "" elsewhere) and its captions' ids."""

    info: SequenceInfo
    camera: str
    frame: int
    caption_ids: tuple[int, ...]


def caption_rows(path: str | Path, filters: Filters, limit: int | None = None) -> list[dict[str, Any]]:
    """Rows of sequence, action, frame and caption (camera and variant where there are several), at most
    `limit` of them; InputError for names that are not in the shards."""
    shards = open_shards(path)
    found = list(islice(told_frames(shards, filters), limit))
    texts = caption_texts(shards, {index for one in found for index in one.caption_ids})
    rows = [
        {
            "sequence": one.info.key,
            "action": one.info.action,
            **({"camera": one.camera} if one.camera else {}),
            "frame": one.frame,
            **({"variant": variant} if len(one.caption_ids) > 1 else {}),
            "caption": texts[index],
        }
        for one in found
        for variant, index in enumerate(one.caption_ids)
    ]
    return rows[:limit]


def told_frames(shards: Shards, filters: Filters) -> Iterator[ToldFrame]:
    """The frames that pass `filters`, in the data set's order."""
    condition = _Condition(shards, filters.where) if filters.where is not None else None
    for info in chosen_sequences(shards, filters):
        for camera, caption_ids in _captions_of(shards, info, filters.camera):
            holds = condition.holds(info.key, camera) if condition else np.ones(len(caption_ids), bool)
            for frame in _chosen_frames(caption_ids, holds, filters):
                yield ToldFrame(info, camera, int(frame), tuple(caption_ids[frame].tolist()))


def chosen_sequences(shards: Shards, filters: Filters) -> list[SequenceInfo]:
    """Sequences that pass `filters`; InputError where there are none, with the name that is not there."""
    infos = list(shards.sequence_infos.values())
    for what in ("subject", "action", "sequence"):
        wanted = getattr(filters, what)
        values = {(info.key if what == "sequence" else getattr(info, what)) for info in infos}
        if wanted is not None and wanted.lower() not in {value.lower() for value in values}:
            raise unknown_name(what, wanted, values)
    chosen = [info for info in infos if _passes(info, filters)]
    if not chosen:
        raise InputError(f"{shards.path}: no sequence has this subject, action and name together")
    longest = max(info.num_frames for info in chosen)
    if filters.frame is not None and filters.frame >= longest:
        raise InputError(
            f"{shards.path}: no frame {filters.frame}, the longest sequence ends at {longest - 1}"
        )
    return chosen


def caption_texts(shards: Shards, caption_ids: set[int]) -> dict[int, str]:
    """Text of each caption id; reads only the row groups that hold one of them."""
    table = shards.find_captions(np.array(sorted(caption_ids), np.int64), ["caption"])
    return {row["caption_id"]: row["caption"] for row in table.to_pylist()}


def _passes(info: SequenceInfo, filters: Filters) -> bool:
    pairs = ((filters.subject, info.subject), (filters.action, info.action), (filters.sequence, info.key))
    return all(wanted is None or wanted.lower() == value.lower() for wanted, value in pairs)


def _captions_of(shards: Shards, info: SequenceInfo, camera: str | None) -> Iterator[tuple[str, Ragged]]:
    """(camera, caption ids by frame): one pair with camera "" where captions belong to frames."""
    if shards.manifest.frame != "camera":
        if camera is not None:
            raise InputError(
                f"{shards.path}: captions belong to frames here, not to cameras as with --frame camera"
            )
        rows = shards.read_frames(info.key)
        if rows.caption_ids is not None:
            yield "", rows.caption_ids
        return
    source = shards.sources[0]
    cameras = [name for sequence, name in shards.view_names(source) if sequence == info.key]
    if camera is not None and camera not in cameras:
        raise unknown_name(f"camera of {info.key}", camera, cameras)
    for name in cameras if camera is None else [camera]:
        view = shards.read_view(info.key, source, name)
        if view.caption_ids is not None:
            yield name, view.caption_ids


def _chosen_frames(caption_ids: Ragged, holds: np.ndarray, filters: Filters) -> np.ndarray:
    frames = np.flatnonzero(holds)
    frames = frames[frames % filters.every == 0]
    if filters.frame is not None:
        frames = frames[frames == filters.frame]
    if filters.changes and len(frames) > 1:
        told = caption_ids.padded()[frames]
        frames = frames[np.append(True, (told[1:] != told[:-1]).any(1))]
    return frames


class _Condition:
    """A condition on posecodes, with the columns of the posecodes table that it needs."""

    def __init__(self, shards: Shards, text: str) -> None:
        from posecap.posecodes.where import parse_where

        self._shards = shards
        self._where = parse_where(text, shards.definitions())
        self._columns = shards.posecode_dictionary()["column"].to_pylist()

    def holds(self, key: str, camera: str) -> np.ndarray:
        """(T,) bool: the frames of a sequence (in a camera) for which it holds."""
        needed = [self._columns[index] for index in self._where.columns]
        table = self._shards.read_posecodes(key, needed, camera)
        categories = np.full((table.num_rows, len(self._columns)), -1, np.int8)
        for index, column in zip(self._where.columns, needed, strict=True):
            categories[:, index] = np.concatenate([*map(np.from_dlpack, table[column].chunks)])
        return self._where.holds(categories)
