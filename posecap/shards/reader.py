"""Reading shards: whole tables for tools and people, rows of a view as NumPy arrays for training."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from posecap.cameras import Camera, camera_from_dict
from posecap.errors import InputError, unknown_name
from posecap.shards.rows import (
    FrameRows,
    SequenceInfo,
    ViewRows,
    as_arrow,
    bits,
    matrix,
    numbers,
    told,
)
from posecap.shards.whole import WholeTables


class Shards(WholeTables):
    """A shard directory, opened for reading. Cheap to make, safe to send to worker processes."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._last_part: tuple[str, tuple[str, ...], pa.Table] | None = None

    @cached_property
    def sequence_infos(self) -> dict[str, SequenceInfo]:
        """Every sequence by its key, in the data set's order."""
        names = ["sequence", "subject", "action", "split", "fps", "num_frames", "up"]
        rows = self.sequences().select(names).to_pylist()
        return {row["sequence"]: SequenceInfo(*(row[name] for name in names)) for row in rows}

    @cached_property
    def _cameras(self) -> dict[str, dict[str, Camera]]:
        found: dict[str, dict[str, Camera]] = {}
        for row in self.cameras().to_pylist():
            found.setdefault(row["sequence"], {})[row["camera"]] = camera_from_dict(row)
        return found

    def camera(self, sequence: str, camera: str) -> Camera:
        """A camera of a sequence; InputError where it has none of this name."""
        cameras = self._cameras.get(sequence, {})
        if camera not in cameras:
            raise unknown_name(f"camera of {sequence}", camera, cameras)
        return cameras[camera]

    @cached_property
    def sentence_mirrors(self) -> np.ndarray:
        """(S,) int32: the bank id of each sentence's left/right mirror image, −1 where it has none."""
        return self.table("sentences", ["mirror_id"])["mirror_id"].to_numpy()

    @cached_property
    def caption_mirrors(self) -> tuple[np.ndarray, np.ndarray]:
        """Caption ids, ascending, and each one's mirrored caption id (−1 where it has none)."""
        table = self.captions(["caption_id", "mirror_caption_id"])
        ids = table["caption_id"].to_numpy()
        mirrors = table["mirror_caption_id"].fill_null(-1).to_numpy()
        order = np.argsort(ids)
        return ids[order], mirrors[order]

    def view_names(self, source: str) -> list[tuple[str, str]]:
        """All (sequence, camera) of a 2D source, in the data set's order."""
        self._check_source(source)
        return list(self._groups(f"views/{source}"))

    def read_frames(self, sequence: str, start: int = 0, stop: int | None = None) -> FrameRows:
        """3D frames `start` up to `stop` of a sequence."""
        table = self._rows("frames", (sequence, ""), _POSE_3D, start, stop)
        pose = matrix(table.column("pose_3d"), self.num_joints * 3)
        valid = bits(table.column("valid"))
        return FrameRows(pose.reshape(-1, self.num_joints, 3), valid, *told(table))

    def read_view(
        self, sequence: str, source: str, camera: str, start: int = 0, stop: int | None = None
    ) -> ViewRows:
        """2D frames `start` up to `stop` of a sequence in one camera."""
        self._check_source(source)
        table = self._rows(f"views/{source}", (sequence, camera), _POSE_2D, start, stop)
        pose = matrix(table.column("pose_2d"), self.num_joints * 2)
        confidence = matrix(table.column("confidence"), self.num_joints)
        return ViewRows(pose.reshape(-1, self.num_joints, 2), confidence, *told(table))

    def iter_views(
        self, source: str, sequences: list[str] | None = None
    ) -> Iterator[tuple[SequenceInfo, Camera, FrameRows, ViewRows]]:
        """Every view of the chosen sequences, one at a time; frames are read once a sequence."""
        wanted = None if sequences is None else set(sequences)
        last, rows = "", None
        for sequence, camera in self.view_names(source):
            if wanted is not None and sequence not in wanted:
                continue
            if rows is None or sequence != last:
                last, rows = sequence, self.read_frames(sequence)
            yield (
                self.sequence_infos[sequence],
                self.camera(sequence, camera),
                rows,
                self.read_view(sequence, source, camera),
            )

    def read_posecodes(self, sequence: str, columns: list[str], camera: str = "") -> pa.Table:
        """Columns of `posecodes` for the frames of a sequence, in order (of one camera in camera frame)."""
        part, start = self._place(sequence)
        if camera:
            self.camera(sequence, camera)
            start += list(self._cameras[sequence]).index(camera) * self.sequence_infos[sequence].num_frames
        rows = self._posecode_part(f"posecodes/part-{part:05d}.parquet", tuple(columns))
        return rows.slice(start, self.sequence_infos[sequence].num_frames)

    def _place(self, sequence: str) -> tuple[int, int]:
        """Part of a sequence, and the first of its rows in `posecodes` there."""
        if sequence not in self._places:
            raise unknown_name("sequence", sequence, self._places)
        return self._places[sequence]

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        found = {}
        for part, keys in enumerate(self.manifest.parts):
            start = 0
            for key in keys:
                found[key] = part, start
                views = len(self._cameras[key]) if self.manifest.frame == "camera" else 1
                start += self.sequence_infos[key].num_frames * views
        return found

    def _posecode_part(self, path: str, columns: tuple[str, ...]) -> pa.Table:
        """A part's columns; the last one read is kept, since sequences are mostly asked for in order."""
        if self._last_part is None or self._last_part[:2] != (path, columns):
            rows = self.store.read(path, self.manifest.files[path], list(columns))
            self._last_part = path, columns, rows
        return self._last_part[2]

    def find_captions(self, caption_ids: np.ndarray, columns: list[str]) -> pa.Table:
        """caption_id and `columns` of the captions with these ids, in the order of the table.

        Reads only the row groups that hold one of them.
        """
        wanted = np.unique(np.asarray(caption_ids, np.int64))
        found = [
            self.store.read_group(self.parquet(path), path, group, ["caption_id", *columns]).take(places)
            for path, group, places in self._caption_places(wanted)
        ]
        return pa.concat_tables(found) if found else self.captions(["caption_id", *columns]).slice(0, 0)

    def _caption_places(self, wanted: np.ndarray) -> Iterator[tuple[str, int, pa.Array]]:
        for path in self.files("captions"):
            file = self.parquet(path)
            for group in range(file.num_row_groups):
                ids = self.store.read_group(file, path, group, ["caption_id"])["caption_id"]
                known = np.concatenate([numbers(chunk) for chunk in ids.chunks])
                places = np.flatnonzero(np.isin(known, wanted))
                if places.size:
                    yield path, group, as_arrow(places)

    def _groups(self, table: str) -> dict[tuple[str, str], tuple[str, int]]:
        """File and row group of each (sequence, camera) of a table; camera is "" in `frames`."""
        if table not in self._index:
            self._index[table] = {}
            for path in self.files(table):
                for group, name in enumerate(self._group_names(path)):
                    self._index[table][name] = path, group
        return self._index[table]

    def _group_names(self, path: str) -> list[tuple[str, str]]:
        """(sequence, camera) of each row group, from its statistics."""
        metadata = self.store.metadata(path, self.manifest.files[path])
        names = metadata.schema.names
        places = [names.index(name) for name in ("sequence", "camera") if name in names]
        found = []
        for group in range(metadata.num_row_groups):
            columns = [metadata.row_group(group).column(place).statistics for place in places]
            if any(one is None or one.min != one.max for one in columns):
                raise InputError(f"{self.path}/{path}: row group {group} mixes sequences")
            found.append((columns[0].min, columns[1].min if len(columns) > 1 else ""))
        return found

    @cached_property
    def _index(self) -> dict[str, dict[tuple[str, str], tuple[str, int]]]:
        return {}

    def _rows(
        self, table: str, name: tuple[str, str], columns: list[str], start: int, stop: int | None
    ) -> pa.Table:
        groups = self._groups(table)
        if name not in groups:
            raise unknown_name(f"sequence in {table}", " ".join(filter(None, name)), _readable(groups))
        path, group = groups[name]
        rows = self.store.read_group(self.parquet(path), path, group, columns)
        return rows.slice(start, None if stop is None else stop - start)

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["path"])  # type: ignore[misc]


_POSE_3D = ["valid", "pose_3d", "sentence_ids", "caption_ids"]
_POSE_2D = ["pose_2d", "confidence", "sentence_ids", "caption_ids"]


def open_shards(path: str | Path) -> Shards:
    """The shard directory at `path` (or fsspec address). InputError where it is none or not whole."""
    return Shards(path)


def _readable(groups: dict[tuple[str, str], tuple[str, int]]) -> list[str]:
    return [" ".join(filter(None, name)) for name in groups]
