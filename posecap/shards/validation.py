"""`validate`: every byte against the manifest, every row against the content hash."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from posecap.errors import InputError
from posecap.shards.hashing import add_hashes, file_sha256, table_hash
from posecap.shards.manifest import MANIFEST, ShardManifest
from posecap.shards.reader import open_shards
from posecap.shards.settings import Progress, Silent


def validate(path: str | Path, progress: Progress | None = None, content: bool = False) -> list[str]:
    """What is wrong with the shards in `path`, one line a problem, each naming its file; [] if nothing.

    `content` also recomputes the content hash of every table, which takes longer and finds nothing
    more than the file hashes do unless the manifest itself was made wrongly.
    """
    root = Path(path)
    try:
        manifest = open_shards(root).manifest
    except InputError as error:
        return [str(error)]
    progress = progress or Silent()
    progress.start("validate", len(manifest.files), "files")
    problems = []
    for name in sorted(manifest.files):
        problems += _check_file(root, name, manifest)
        progress.advance("validate", 1)
    problems += _unlisted(root, manifest)
    if content and not problems:
        problems += _check_content(root, manifest)
    progress.finish("validate")
    return problems


def _check_file(root: Path, name: str, manifest: ShardManifest) -> list[str]:
    path, record = root / name, manifest.files[name]
    if not path.is_file():
        return [f"{path}: missing, {MANIFEST} lists it"]
    size = path.stat().st_size
    if size != record.size:
        return [f"{path}: has {size} bytes, {MANIFEST} says {record.size}"]
    if file_sha256(path) != record.sha256:
        return [f"{path}: changed since it was written (its sha256 differs)"]
    return []


def _unlisted(root: Path, manifest: ShardManifest) -> list[str]:
    """Parquet files that readers by wildcard would take for part of the shards."""
    found = (str(path.relative_to(root)) for path in root.rglob("*.parquet"))
    return [
        f"{root / name}: is not in {MANIFEST}"
        for name in sorted(found)
        if name not in manifest.files and not name.startswith(".")
    ]


def _check_content(root: Path, manifest: ShardManifest) -> list[str]:
    problems = []
    for table, record in manifest.tables.items():
        rows, hashes = 0, []
        for name in manifest.files:
            if name.removesuffix(".parquet") == table or name.rpartition("/")[0] == table:
                for batch in pq.ParquetFile(root / name).iter_batches(16384):
                    rows += batch.num_rows
                    hashes.append(table_hash(pa.Table.from_batches([batch])))
        if rows != record.rows or add_hashes(hashes) != record.content:
            problems.append(f"{root / table}: its rows are not those {MANIFEST} tells of")
    return problems
