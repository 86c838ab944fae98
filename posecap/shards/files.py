"""Parquet files that are either whole or not there, and what the manifest says of each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from posecap.shards.hashing import add_hashes, file_sha256, table_hash

PARTIAL = ".partial"  # ending of a file that is being written


@dataclass(frozen=True)
class TableFile:
    """A written file: its path within the shards, its bytes, its rows and their content hash."""

    path: str
    size: int
    sha256: str
    rows: int
    content: str


def write_table(
    root: Path, path: str, groups: Iterable[pa.Table], schema: pa.Schema, hashed: bool = True
) -> TableFile:
    """Write `groups` as `root/path`, one row group each (empty ones left out), beside and renamed.

    `hashed` False leaves the content hash out (files that are rewritten later).
    """
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    rows, hashes = 0, []
    try:
        with pq.ParquetWriter(beside, schema, **_options(schema)) as writer:
            for group in groups:
                if group.num_rows:
                    writer.write_table(group, row_group_size=group.num_rows)
                rows += group.num_rows
                hashes += [table_hash(group)] if hashed else []
        sha256, size = file_sha256(beside), beside.stat().st_size
        replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return TableFile(path, size, sha256, rows, add_hashes(hashes))


def write_text(target: Path, text: str) -> None:
    """Write a small file beside and rename it, so that it is whole or not there."""
    beside = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    try:
        beside.write_text(text, encoding="utf-8")
        replace(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def replace(beside: Path, target: Path) -> None:
    """Rename `beside` to `target` after its bytes have reached the disk."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    os.replace(beside, target)


def is_whole(root: Path, file: TableFile) -> bool:
    """Whether the file is there, byte for byte as it was written."""
    path = root / file.path
    return path.is_file() and path.stat().st_size == file.size and file_sha256(path) == file.sha256


def _options(schema: pa.Schema) -> dict:
    """Page checksums and zstd; 32-bit floats split by byte, texts and ids by dictionary."""
    floats, others = [], []
    for field in schema:
        value = field.type.value_type if pa.types.is_fixed_size_list(field.type) else field.type
        path = f"{field.name}.list.element" if pa.types.is_fixed_size_list(field.type) else field.name
        if pa.types.is_float32(value):
            floats.append(path)
        elif not pa.types.is_floating(value):
            others += _leaves(field)
    return {
        "compression": "zstd",
        "write_page_checksum": True,
        "use_dictionary": others or False,
        "use_byte_stream_split": floats or False,
    }


def _leaves(field: pa.Field, prefix: str = "") -> list[str]:
    """Parquet column paths under a field."""
    name = f"{prefix}{field.name}"
    if pa.types.is_list(field.type):
        element = field.type.value_field.with_name("element")
        return _leaves(element, f"{name}.list.")
    if pa.types.is_struct(field.type):
        return [leaf for child in field.type for leaf in _leaves(child, f"{name}.")]
    return [name]
