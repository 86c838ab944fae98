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
) -> list[TableFile]:
    """Caption files in which each caption stands once: in the first part that has it.

    Only ids are held for all parts together, some tens of bytes a caption.
    """
    progress.start("captions", len(records), "parts")
    items = list(_firsts(out, records))
    progress.advance("captions", len(records) - len(items))
    files = []
    for file in engine.run(MergeWork(out), items):
        files.append(file)
        progress.advance("captions", 1)
    progress.finish("captions")
    return sorted(files, key=lambda file: file.path)


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


def _firsts(out: Path, records: list[PartRecord]) -> Iterator[tuple[int, np.ndarray]]:
    """For each part with captions of its own, which of its rows they are (bool)."""
    columns = [pq.read_table(out / _staged("captions", one), columns=["caption_id"]) for one in records]
    ids = [column["caption_id"].to_numpy() for column in columns]
    together = np.concatenate(ids)
    is_first = np.zeros(len(together), bool)
    is_first[np.unique(together, return_index=True)[1]] = True
    cuts = np.cumsum([len(one) for one in ids])[:-1]
    for record, keep in zip(records, np.split(is_first, cuts), strict=True):
        if keep.any():
            yield record.index, keep


def _groups(path: Path, keep: np.ndarray) -> Iterator[pa.Table]:
    start = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=CAPTION_ROWS):
        mask = pa.array(keep[start : start + batch.num_rows])
        start += batch.num_rows
        yield pa.Table.from_batches([batch.filter(mask)], schema.captions())


def _staged(name: str, record: PartRecord) -> str:
    return f"{WORK}/{name}/part-{record.index:05d}.parquet"
