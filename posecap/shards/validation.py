"""`validate`: every byte against the manifest, every row against the content hash."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from posecap.errors import InputError
from posecap.shards.hashing import add_hashes, table_hash
from posecap.shards.manifest import MANIFEST
from posecap.shards.reader import Shards, open_shards
from posecap.shards.settings import Progress, Silent


def validate(path: str | Path, progress: Progress | None = None, content: bool = False) -> list[str]:
    """What is wrong with the shards in `path`, one line a problem, each naming its file; [] if nothing.

    `path` is a directory or an fsspec address; every byte is read.

    `content` also recomputes the content hash of every table, which takes longer and finds nothing
    more than the file hashes do unless the manifest itself was made wrongly.
    """
    try:
        shards = open_shards(path)
    except InputError as error:
        return [str(error)]
    store, files = shards.store, shards.manifest.files
    progress = progress or Silent()
    progress.start("validate", len(files), "files")
    problems = []
    for name in sorted(files):
        problem = store.find_problem(name, files[name])
        problems += [] if problem is None else [problem]
        progress.advance("validate", 1)
    # readers by wildcard would take them for a part of the shards
    unlisted = [name for name in store.parquet_files() if name not in files]
    problems += [f"{store.root}/{name}: is not in {MANIFEST}" for name in unlisted]
    if content and not problems:
        problems += _check_content(shards)
    progress.finish("validate")
    return problems


def _check_content(shards: Shards) -> list[str]:
    problems = []
    for table, record in shards.manifest.tables.items():
        rows, hashes = 0, []
        for name in shards.files(table):
            for batch in shards.parquet(name).iter_batches(16384):
                rows += batch.num_rows
                hashes.append(table_hash(pa.Table.from_batches([batch])))
        if rows != record.rows or add_hashes(hashes) != record.content:
            problems.append(f"{shards.path}/{table}: its rows are not those {MANIFEST} tells of")
    return problems
