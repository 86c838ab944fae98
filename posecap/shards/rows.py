"""Rows of shards as NumPy arrays, without a copy where that is possible and without pandas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from posecap.shards.manifest import FeatureRecord


@dataclass(frozen=True)
class SequenceInfo:
    """A sequence without its rows."""

    key: str
    subject: str
    action: str
    split: str
    fps: float
    num_frames: int
    up: str


@dataclass(frozen=True)
class Ragged:
    """Lists of varying length: those of row i are `values[offsets[i]:offsets[i + 1]]`."""

    offsets: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> np.ndarray:
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def padded(self, width: int | None = None, fill: int = -1) -> np.ndarray:
        """(rows, width) array, filled up with `fill`; `width` None takes the longest row."""
        lengths = np.diff(self.offsets)
        width = int(lengths.max(initial=0)) if width is None else width
        result = np.full((len(self), width), fill, self.values.dtype)
        columns = np.arange(width)
        inside = columns < np.minimum(lengths, width)[:, None]
        result[inside] = self.values[(self.offsets[:-1, None] + columns)[inside]]
        return result


@dataclass(frozen=True)
class FrameRows:
    """3D frames of a sequence: pose_3d (T, J, 3) float32 metres, world frame, and what is told of each.

    `valid` (T,) bool are the frames that count. `sentence_ids` and `caption_ids` are None where captions
    belong to the views.
    """

    pose_3d: np.ndarray
    valid: np.ndarray
    sentence_ids: Ragged | None
    caption_ids: Ragged | None


@dataclass(frozen=True)
class ViewRows:
    """Frames of a view: pose_2d (T, J, 2) float32 pixels, confidence (T, J), and what is told, as above."""

    pose_2d: np.ndarray
    confidence: np.ndarray
    sentence_ids: Ragged | None
    caption_ids: Ragged | None


@dataclass(frozen=True)
class Features:
    """Text features: ids (n,) int or str, ascending for ids, and vectors (n, D) float16.

    Of tokens, `offsets` (n + 1,) tells which rows of `vectors` are those of each text.
    """

    record: FeatureRecord
    ids: np.ndarray
    vectors: np.ndarray
    offsets: np.ndarray | None = None


def matrix(column: pa.ChunkedArray, width: int) -> np.ndarray:
    """(rows, width) of a column of fixed-size lists, without a copy where it is one chunk."""
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = pa.concat_arrays(chunk.chunks) if chunk.num_chunks else pa.array([], column.type)
    return numbers(chunk.flatten()).reshape(-1, width)


def told(table: pa.Table) -> tuple[Ragged | None, Ragged | None]:
    if "sentence_ids" not in table.column_names:
        return None, None
    return ragged(table.column("sentence_ids")), ragged(table.column("caption_ids"))


def ragged(column: pa.ChunkedArray) -> Ragged:
    chunk = column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)
    offsets = numbers(chunk.offsets)
    return Ragged(offsets - offsets[0], numbers(chunk.flatten()))


def numbers(array: pa.Array) -> np.ndarray:
    """A view of numbers without nulls; PyArrow's own conversion would load pandas."""
    return np.from_dlpack(array)


def bits(column: pa.ChunkedArray) -> np.ndarray:
    """(rows,) bool."""
    return (
        np.concatenate([np.zeros(0, bool), *(numbers(chunk.cast(pa.uint8())) for chunk in column.chunks)]) > 0
    )


def as_arrow(places: np.ndarray) -> pa.Array:
    """Row numbers for `Table.take`; `pa.array` would load pandas."""
    numbers = np.ascontiguousarray(places, np.int64)
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
