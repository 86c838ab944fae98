"""Content hashes of tables: the same for the same rows, however they are ordered or cut into parts."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa

EMPTY = "0" * 32


def table_hash(table: pa.Table) -> str:
    """32 hex digits: the sum of the 128-bit hashes of all rows (each 64-bit half for itself).

    A sum does not depend on the order of its terms, so this is the hash of the sorted rows without
    the sorting, and parts add up (`add_hashes`).
    """
    total = np.zeros(2, np.uint64)
    for batch in table.to_batches(max_chunksize=16384):
        total += _sum_of_rows(batch)
    return _to_hex(total)


def add_hashes(hashes: list[str]) -> str:
    """Content hash of the union of tables from the content hashes of each."""
    parts = [np.frombuffer(bytes.fromhex(text), "<u8") for text in hashes]
    return _to_hex(np.stack([np.zeros(2, np.uint64), *parts]).sum(axis=0, dtype=np.uint64))


def file_sha256(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _to_hex(total: np.ndarray) -> str:
    return total.astype("<u8").tobytes().hex()


def _sum_of_rows(batch: pa.RecordBatch) -> np.ndarray:
    if not batch.num_rows:
        return np.zeros(2, np.uint64)
    rows = [(memoryview(data), ends.tolist()) for data, ends in _columns(batch)]
    starts = [0] * len(rows)
    digests = bytearray()
    for row in range(batch.num_rows):
        digest = hashlib.blake2b(digest_size=16)
        for index, (data, ends) in enumerate(rows):
            end = ends[row]
            digest.update(data[starts[index] : end])
            starts[index] = end
        digests += digest.digest()
    return np.frombuffer(digests, "<u8").reshape(-1, 2).sum(0, dtype=np.uint64)


def _columns(batch: pa.RecordBatch) -> list[tuple[bytes, np.ndarray]]:
    """Bytes of all rows and where each row ends: numbers of all columns together, then the others."""
    pairs = list(zip(batch.columns, batch.schema, strict=True))
    flat = [_flatten(column, field) for column, field in pairs if not _is_plain(field)]
    plain = [_plain(column).view(np.uint8) for column, field in pairs if _is_plain(field)]
    if plain:
        flat.insert(0, _fixed(np.concatenate(plain, 1)))
    return [(data, np.cumsum(lengths)) for lengths, data in flat]


def _is_plain(field: pa.Field) -> bool:
    kind = field.type.value_type if pa.types.is_fixed_size_list(field.type) else field.type
    return pa.types.is_primitive(kind) and not pa.types.is_boolean(kind) and not field.nullable


def _plain(column: pa.Array) -> np.ndarray:
    """(rows, numbers a row), little endian."""
    is_vector = pa.types.is_fixed_size_list(column.type)
    width = column.type.list_size if is_vector else 1
    return _numpy(column.flatten() if is_vector else column).reshape(len(column), width)


def _flatten(column: pa.Array, field: pa.Field) -> tuple[np.ndarray, bytes]:
    """Length in bytes of each row, and the rows' bytes; rows of varying length tell theirs first."""
    if field.nullable:
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        filled = column.fill_null(0) if column.null_count else column
        return _interleave([_fixed(valid.astype(np.uint8)), _flatten(filled, field.with_nullable(False))])
    if _is_plain(field):
        return _fixed(_plain(column))
    if pa.types.is_boolean(field.type):
        return _fixed(_numpy(column).astype(np.uint8))
    if pa.types.is_struct(field.type):
        return _interleave([_flatten(*pair) for pair in zip(column.flatten(), field.type, strict=True)])
    if pa.types.is_list(field.type):
        return _nested(np.diff(column.offsets.to_numpy()), column.flatten(), field.type.value_field)
    return _text(column)


def _text(column: pa.Array) -> tuple[np.ndarray, bytes]:
    _, places, data = column.buffers()
    offsets = np.frombuffer(places, np.int32)[column.offset : column.offset + len(column) + 1]
    text = data.to_pybytes()[offsets[0] : offsets[-1]] if data else b""
    return _with_lengths(np.diff(offsets), text)


def _numpy(column: pa.Array) -> np.ndarray:
    values = column.to_numpy(zero_copy_only=False)
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<"))


def _fixed(values: np.ndarray) -> tuple[np.ndarray, bytes]:
    width = values.itemsize * int(np.prod(values.shape[1:]))
    return np.full(len(values), width, np.int64), values.tobytes()


def _nested(counts: np.ndarray, children: pa.Array, field: pa.Field) -> tuple[np.ndarray, bytes]:
    """Rows that are lists: the bytes of each one's children in turn."""
    lengths, data = _flatten(children, field)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    bounds = ends[np.concatenate([[0], np.cumsum(counts)])]
    return _with_lengths(np.diff(bounds), data)


def _with_lengths(lengths: np.ndarray, data: bytes) -> tuple[np.ndarray, bytes]:
    return _interleave([_fixed(lengths.astype("<i8")), (lengths.astype(np.int64), data)])


def _interleave(parts: list[tuple[np.ndarray, bytes]]) -> tuple[np.ndarray, bytes]:
    """Row by row, the bytes of each part."""
    lengths = np.stack([part[0] for part in parts], 1)
    total = lengths.sum(1)
    starts = np.concatenate([[0], np.cumsum(total)])[:-1]
    result = np.empty(int(total.sum()), np.uint8)
    offset = starts.copy()
    for index, (length, data) in enumerate(parts):
        _scatter(result, offset, length, np.frombuffer(data, np.uint8))
        offset += lengths[:, index]
    return total, result.tobytes()


def _scatter(result: np.ndarray, offsets: np.ndarray, lengths: np.ndarray, data: np.ndarray) -> None:
    """Copy consecutive runs of `data` to the given places of `result`."""
    begins = np.cumsum(lengths) - lengths
    places = np.repeat(offsets - begins, lengths) + np.arange(len(data))
    result[places] = data
