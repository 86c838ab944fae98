"""Where shards lie: a local folder, or any address that fsspec knows."""

from __future__ import annotations

import hashlib
import os
import re
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from posecap.errors import InputError
from posecap.shards.hashing import file_sha256
from posecap.shards.manifest import MANIFEST, FileRecord

MAX_OPEN = 64  # files held open by one process


class Store:
    """Files of one shard directory. Parquet files stay open, a few at a time, per process.

    A local file is compared with its sha256 before its first row is given: page checksums cover the
    pages' data but neither their headers nor the footer. Of a remote file only size and page
    checksums are checked as it is read, since the hash needs all of it; `find_problem` takes the hash.
    """

    def __init__(self, root: str, remote: Any | None) -> None:
        self.root = root
        self._remote = remote
        self._open: OrderedDict[str, pq.ParquetFile] = OrderedDict()
        self._owner = os.getpid()
        self._sound: set[str] = set()

    def text(self, path: str) -> str:
        """A small text file; InputError where it is not there."""
        where = f"{self.root}/{path}"
        try:
            if self._remote is not None:
                return self._remote.cat_file(where).decode("utf-8")
            with open(where, encoding="utf-8", newline="") as file:
                return file.read()
        except FileNotFoundError as error:
            if path != MANIFEST:
                raise InputError(f"{where}: missing, {MANIFEST} lists it") from error
            raise InputError(_not_shards(self.root, os.path.isdir(self.root))) from error
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"{where}: cannot be read ({error})") from error

    def find_problem(self, path: str, record: FileRecord) -> str | None:
        """What is wrong with a file, compared byte for byte; None if nothing is."""
        try:
            with self._told(path):
                self._check_size(path, record)
                if self._sha256(path) != record.sha256:
                    raise InputError(f"{self.root}/{path}: changed since it was written (its sha256 differs)")
        except InputError as error:
            return str(error)
        return None

    def parquet_files(self) -> list[str]:
        """Every Parquet file that lies here, but for those in hidden folders."""
        if self._remote is not None:
            found = (path[len(self.root) :] for path in self._remote.find(self.root))
        else:
            found = (str(path)[len(self.root) :] for path in Path(self.root).rglob("*.parquet"))
        names = (path.lstrip("/") for path in found)
        return sorted(name for name in names if name.endswith(".parquet") and not name.startswith("."))

    def _sha256(self, path: str) -> str:
        where = f"{self.root}/{path}"
        if self._remote is None:
            return file_sha256(Path(where))
        with self._remote.open(where, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def checked_text(self, path: str, record: FileRecord) -> str:
        """A small text file that is as `record` says; InputError otherwise."""
        text = self.text(path)
        if hashlib.sha256(text.encode()).hexdigest() != record.sha256:
            raise InputError(f"{self.root}/{path}: changed since it was written (its sha256 differs)")
        return text

    def parquet(self, path: str, record: FileRecord) -> pq.ParquetFile:
        """A Parquet file, read with its page checksums; InputError if it is not what `record` says."""
        if self._owner != os.getpid():  # after a fork file positions must not be shared
            self._open, self._owner = OrderedDict(), os.getpid()
        if path in self._open:
            self._open.move_to_end(path)
            return self._open[path]
        file = self._open[path] = self._open_parquet(path, record)
        if len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)
        return file

    def metadata(self, path: str, record: FileRecord) -> pq.FileMetaData:
        """The footer of a Parquet file, which says where rows are; they are checked when they are read."""
        with self._told(path):
            self._check_size(path, record)
            with self._source(path) as source:
                return pq.read_metadata(source)

    def _open_parquet(self, path: str, record: FileRecord) -> pq.ParquetFile:
        where = f"{self.root}/{path}"
        with self._told(path):
            self._check_size(path, record)
            if self._remote is None and path not in self._sound:
                if self._sha256(path) != record.sha256:
                    raise InputError(f"{where}: changed since it was written (its sha256 differs)")
                self._sound.add(path)
            return pq.ParquetFile(self._source(path), page_checksum_verification=True)

    def _source(self, path: str) -> Any:
        where = f"{self.root}/{path}"
        return self._remote.open(where, "rb") if self._remote is not None else pa.OSFile(where)

    def _check_size(self, path: str, record: FileRecord) -> None:
        where = f"{self.root}/{path}"
        found = self._remote.size(where) if self._remote is not None else os.path.getsize(where)
        if found != record.size:
            raise InputError(f"{where}: has {found} bytes, {MANIFEST} says {record.size}")

    def read_group(self, file: pq.ParquetFile, path: str, group: int, columns: list[str]) -> pa.Table:
        """Columns of one row group, those of `columns` that the file has."""
        known = [name for name in columns if name in file.schema_arrow.names]
        with self._told(path):
            return file.read_row_group(group, known, use_threads=False)

    def read(self, path: str, record: FileRecord, columns: list[str] | None) -> pa.Table:
        """A whole file."""
        with self._told(path):
            return self.parquet(path, record).read(columns)

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """What goes wrong in reading a file becomes an InputError that names it."""
        where = f"{self.root}/{path}"
        try:
            yield
        except FileNotFoundError as error:
            raise InputError(f"{where}: missing, {MANIFEST} lists it") from error
        except (OSError, pa.ArrowException) as error:
            raise InputError(f"{where}: changed since it was written ({_first_line(error)})") from error


def address_of(path: str | Path) -> str:
    """A local path, absolute, or an fsspec address, also one that lost a slash on its way through pathlib."""
    text = str(path)
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):/+", text)
    if match is None or os.path.exists(text):
        return os.path.abspath(text)
    slashes = ":///" if match[1] in ("file", "local") else "://"
    return match[1] + slashes + text[match.end() :]


def open_store(address: str) -> Store:
    """The store at a local path or an fsspec address such as `s3://bucket/shards`."""
    if "://" not in address:
        if os.path.isfile(address):
            raise InputError(f"{address}: is a file, expected a shard directory")
        return Store(address.rstrip("/") or "/", None)
    try:
        import fsspec
    except ImportError as error:
        raise InputError(f"{address}: remote shards need fsspec: pip install fsspec") from error
    try:
        remote, root = fsspec.core.url_to_fs(address)
    except (ValueError, ImportError) as error:
        raise InputError(f"{address}: {error}") from error
    return Store(root.rstrip("/"), remote)


def _not_shards(root: str, is_folder: bool) -> str:
    if not is_folder:
        return f"{root}: no such shard directory"
    return f"{root}: no {MANIFEST}: not a shard directory, or one whose making was not finished"


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
