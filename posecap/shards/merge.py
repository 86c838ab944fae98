"""What is shared between parts is merged when all are there: small tables, and each caption once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posecap.shards import schema
from posecap.shards.files import TableFile, write_table
from posecap.shards.part import WORK, PartRecord
from posecap.shards.settings import Progress

CAPTION_ROWS = 8192  # rows of a caption row group


def merge_small(out: Path, name: str, records: list[PartRecord]) -> TableFile:
    """One file of the parts' rows, in part order."""
    tables = [pq.read_table(out / _staged(name, record)) for record in records]
    target = getattr(schema, name)()
    return write_table(out, f"{name}.parquet", [pa.concat_tables(tables)], target)


def merge_captions(out: Path, records: list[PartRecord], progress: Progress) -> list[TableFile]:
    """Caption files in which each caption stands once: in the first part that has it.

    Only ids are held for all parts together, so memory grows by 8 bytes a caption.
    """
    files = []
    seen = np.zeros(0, np.int64)
    progress.start("captions", len(records), "parts")
    for record in records:
        path = out / _staged("captions", record)
        ids = pq.read_table(path, columns=["caption_id"])["caption_id"].to_numpy()
        is_new = np.isin(ids, seen, assume_unique=True, invert=True)
        seen = np.concatenate([seen, ids[is_new]])
        if is_new.any():
            target = f"captions/part-{record.index:05d}.parquet"
            files.append(write_table(out, target, _groups(path, is_new), schema.captions()))
        progress.advance("captions", 1)
    progress.finish("captions")
    return files


def _groups(path: Path, keep: np.ndarray) -> Iterator[pa.Table]:
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=CAPTION_ROWS):
        mask = pa.array(keep[start : start + batch.num_rows])
        start += batch.num_rows
        yield pa.Table.from_batches([batch.filter(mask)], schema.captions())


def _staged(name: str, record: PartRecord) -> str:
    return f"{WORK}/{name}/part-{record.index:05d}.parquet"
