"""What is shared between parts is merged when all are there: small tables, and each caption once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posecap.shards import schema
from posecap.shards.engines import Engine
from posecap.shards.files import TableFile, write_table
from posecap.shards.part import WORK, PartRecord
from posecap.shards.settings import Progress

CAPTION_ROWS = 8192  # rows of a caption row group


def merge_small(out: Path, name: str, records: list[PartRecord]) -> TableFile:
    """One file of the parts' rows, in part order."""
    tables = [pq.read_table(out / _staged(name, record)) for record in records]
    target = getattr(schema, name)()
    return write_table(out, f"{name}.parquet", [pa.concat_tables(tables)], target)


def merge_captions(
    out: Path, records: list[PartRecord], engine: Engine, progress: Progress
) -> tuple[list[TableFile], int]:
    """Caption files in which each caption stands once, in the first part that has it; and how many are told.

    The others are mirror images that no frame has. Only ids are held for all parts together, some tens of
    bytes a caption.
    """
    progress.start("captions", len(records), "parts")
    firsts, num_told = _firsts(out, records)
    items = [(record.index, keep) for record, keep in zip(records, firsts, strict=True) if keep.any()]
    progress.advance("captions", len(records) - len(items))
    files = []
    for file in engine.run(MergeWork(out), items):
        files.append(file)
        progress.advance("captions", 1)
    progress.finish("captions")
    return sorted(files, key=lambda file: file.path), num_told


@dataclass
class MergeWork:
    """The captions of a part without those that an earlier part has: items are (part, rows to keep)."""

    out: Path
    forks: bool = True

    def prepare(self) -> Callable[[tuple[int, np.ndarray]], TableFile]:
        """The function that does one part."""
        return lambda item: _merge_part(self.out, *item)


def _merge_part(out: Path, index: int, keep: np.ndarray) -> TableFile:
    path = f"captions/part-{index:05d}.parquet"
    return write_table(out, path, _groups(out / WORK / path, keep), schema.captions())


def _firsts(out: Path, records: list[PartRecord]) -> tuple[list[np.ndarray], int]:
    """Of each part which of its captions (bool) no earlier part has, and how many are of a frame."""
    tables = [
        pq.read_table(out / _staged("captions", one), columns=["caption_id", "told"]) for one in records
    ]
    ids = np.concatenate([table["caption_id"].to_numpy() for table in tables])
    told = np.concatenate([table["told"].to_numpy() for table in tables])
    cuts = np.cumsum([table.num_rows for table in tables])[:-1]
    is_first = np.zeros(len(ids), bool)
    is_first[np.unique(ids, return_index=True)[1]] = True
    return np.split(is_first, cuts), len(np.unique(ids[told]))


def _groups(path: Path, keep: np.ndarray) -> Iterator[pa.Table]:
    start = 0
    columns = schema.captions().names
    for batch in pq.ParquetFile(path).iter_batches(batch_size=CAPTION_ROWS, columns=columns):
        mask = pa.array(keep[start : start + batch.num_rows])
        start += batch.num_rows
        yield pa.Table.from_batches([batch.filter(mask)], schema.captions())


def _staged(name: str, record: PartRecord) -> str:
    return f"{WORK}/{name}/part-{record.index:05d}.parquet"
