"""A scratch file for large arrays: a data set in one archive is opened without being held in memory."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from posecap.errors import InputError

LARGE = 2**16  # bytes from which an array is worth a place in the file
_CHUNK = 2**24


class Scratch:
    """A file without a name in the folder for temporary files; it goes with the last process that has it.

    Forked processes share it. What is put there is written once and read as often as it is needed.
    """

    def __init__(self) -> None:
        self._file: Any = None
        self._end = 0

    def copy(self, read: Callable[[int], bytes], size: int) -> StoredBytes:
        """The next `size` bytes that `read` gives, put into the file some at a time."""
        start = self._end
        while self._end < start + size:
            chunk = read(min(_CHUNK, start + size - self._end))
            if not chunk:
                raise EOFError("ends too early")
            self._append(chunk)
        return StoredBytes(self, start, size)

    def put(self, array: np.ndarray) -> np.ndarray | StoredArray:
        """The array in the file, or itself where it is small."""
        if array.nbytes < LARGE:
            return array
        data = self.put_bytes(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
        return StoredArray(data, array.shape, array.dtype)

    def put_bytes(self, data: bytes | memoryview, is_text: bool = False) -> StoredBytes:
        """The bytes in the file."""
        start = self._end
        self._append(data)
        return StoredBytes(self, start, len(data), is_text)

    def _append(self, data: bytes | memoryview) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(prefix="posecap-", buffering=0)  # noqa: SIM115
            left = memoryview(data)
            while len(left):
                left = left[self._file.write(left) :]
        except OSError as error:
            raise InputError(
                f"{tempfile.gettempdir()}: {error.strerror}: too little room for what the data set unpacks "
                "to (the variable TMPDIR names another folder)"
            ) from error
        self._end += len(data)

    def read(self, start: int, size: int) -> bytearray:
        """Bytes of the file; leaves alone what other processes are reading."""
        data = bytearray()
        while len(data) < size:
            chunk = self._read_some(start + len(data), min(_CHUNK, size - len(data)))
            if not chunk:
                raise EOFError("scratch file ends too early")
            data += chunk
        return data

    def _read_some(self, start: int, size: int) -> bytes:
        if hasattr(os, "pread"):
            return os.pread(self._file.fileno(), size, start)
        self._file.seek(start)
        data = self._file.read(size)
        self._file.seek(0, os.SEEK_END)
        return data


class _Fixed:
    """What a pickle cannot change."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        raise ValueError("sets the state of what is stored")


class StoredBytes(_Fixed):
    """Bytes in a scratch file; `is_text` where they are the letters (latin1) of a string."""

    __slots__ = ("is_text", "scratch", "size", "start")

    def __init__(self, scratch: Scratch, start: int, size: int, is_text: bool = False) -> None:
        self.scratch, self.start, self.size, self.is_text = scratch, start, size, is_text

    def __len__(self) -> int:
        return self.size

    def content(self) -> bytes | str:
        """What they were."""
        data = bytes(self.scratch.read(self.start, self.size))
        return data.decode("latin1") if self.is_text else data


class StoredArray(_Fixed):
    """An array in a scratch file: `np.asarray` reads it, `[i]` and `[a:b]` are parts of it, not read yet."""

    __slots__ = ("_data", "dtype", "shape")

    def __init__(self, data: StoredBytes, shape: tuple[int, ...], dtype: np.dtype) -> None:
        self._data, self.shape, self.dtype = data, shape, dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[StoredArray]:
        return (self[index] for index in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        data = self._data.scratch.read(self._data.start, self._data.size)
        array = np.frombuffer(data, self.dtype).reshape(self.shape)
        return array if dtype is None else array.astype(dtype, copy=False)

    def __getitem__(self, index: int | slice) -> StoredArray:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            if rows.step != 1:
                raise IndexError("rows of a stored array are taken one after the other")
            return self._part(rows.start, len(rows), (len(rows), *self.shape[1:]))
        return self._part(rows, 1, self.shape[1:])

    def _part(self, first: int, count: int, shape: tuple[int, ...]) -> StoredArray:
        width = self._data.size // max(len(self), 1)
        data = StoredBytes(self._data.scratch, self._data.start + first * width, count * width)
        return StoredArray(data, shape, self.dtype)
