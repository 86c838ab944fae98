"""MATLAB files: numbers and cell arrays of level 5, data sets of HDF5 (level 7.3 and others).

Level 5 is read here rather than by SciPy, which allocates whatever size a damaged file declares.
Layout: MAT-File Format, The MathWorks (public document).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, array_bytes, check_limit, human_bytes, require_file

HEADER_BYTES = 128
MATRIX, COMPRESSED = 14, 15
CELL = 1
STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
NAME_WITHIN = 4096  # bytes of a variable that hold its name for certain
LARGEST_RATIO = 1100  # deflate packs no tighter


def read_mat(path: str | Path, names: Iterable[str], max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Variables of a level-5 `.mat` file: arrays of numbers, cell arrays as flat lists (column by column).

    InputError names the file, and a variable that is missing or holds something else.
    """
    path = Path(path)
    require_file(path)
    check_limit(path, path.stat().st_size, max_bytes)
    data = path.read_bytes()
    try:
        found = dict(_variables(data, set(names), max_bytes))
    except (ValueError, IndexError, struct.error, zlib.error, UnicodeDecodeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: not a readable MATLAB file ({error})") from error
    missing = [name for name in names if name not in found]
    if missing:
        raise InputError(f"{path}: has no variable '{missing[0]}'")
    return found


def read_hdf5(path: str | Path, names: Iterable[str], max_bytes: int = MAX_BYTES) -> dict[str, np.ndarray]:
    """Data sets of numbers of an HDF5 file (axes as stored: MATLAB's reversed)."""
    try:
        import h5py
    except ImportError as error:
        raise InputError(f"{path}: reading HDF5 files needs h5py: pip install 'posecap[files]'") from error
    path = Path(path)
    require_file(path)
    try:
        with h5py.File(path, "r") as file:
            return {name: _data_set(file, name, path, max_bytes) for name in names}
    except InputError:
        raise
    except Exception as error:  # a damaged file can raise anything in its reader
        raise InputError(f"{path}: not a readable HDF5 file") from error


def _data_set(file: Any, name: str, path: Path, max_bytes: int) -> np.ndarray:
    if name not in file or not hasattr(file[name], "shape"):
        raise InputError(f"{path}: has no data set '{name}'")
    found = file[name]
    if found.dtype.kind not in "fiub":
        raise InputError(f"{path}: {name} holds {found.dtype}, expected numbers")
    size = array_bytes(found.shape, found.dtype.itemsize)
    if size > min(max_bytes, LARGEST_RATIO * path.stat().st_size):
        raise InputError(
            f"{path}: {name} declares {human_bytes(size)} in a file of {path.stat().st_size} bytes"
        )
    return np.asarray(found)


def _variables(data: bytes, names: set[str], max_bytes: int) -> Iterable[tuple[str, Any]]:
    if data[124:128] != b"\x00\x01IM":
        raise ValueError("not of level 5, little-endian")
    at = HEADER_BYTES
    whole = memoryview(data)
    while at < len(data):
        kind, start, end = _tag(whole, at)
        packed = whole[start:end] if kind == COMPRESSED else None
        head = _inflated_head(packed) if packed is not None else data[at : at + NAME_WITHIN]
        if _name(head) in names:
            content = memoryview(_inflate(packed, max_bytes)) if packed is not None else whole[at:end]
            _, start, stop = _tag(content, 0)
            yield _matrix(content[start:stop])
        at = end if packed is not None else _padded(end)


def _inflated_head(packed: memoryview) -> bytes:
    return zlib.decompressobj().decompress(packed, NAME_WITHIN)


def _inflate(content: memoryview, max_bytes: int) -> bytes:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(content, max_bytes)
    if unpacker.unconsumed_tail:
        raise ValueError(f"a variable unpacks to more than {human_bytes(max_bytes)}")
    return data


def _name(head: bytes) -> str:
    """Name of a matrix from its first bytes (its own tag first); empty for what is no matrix."""
    if len(head) < 8 or struct.unpack_from("<I", head)[0] != MATRIX:
        return ""
    at = 8
    for _ in range(2):
        at = _padded(_tag(head, at)[2])
    _, start, end = _tag(head, at)
    return bytes(head[start:end]).decode("ascii")


def _matrix(data: memoryview) -> tuple[str, Any]:
    """Name and value of a matrix element's content: flags, dimensions, name, then data."""
    _, start, end = _tag(data, 0)
    matlab_class = data[start]
    _, start, end = _tag(data, _padded(end))
    shape = tuple(np.frombuffer(data[start:end], "<i4").tolist())
    _, start, end = _tag(data, _padded(end))
    name, at = bytes(data[start:end]).decode("ascii"), _padded(end)
    if matlab_class == CELL:
        return name, _cells(data, at, array_bytes(shape, 1))
    if matlab_class not in CLASSES:
        raise ValueError(f"'{name}' holds neither numbers nor cells")
    return name, _numbers(data, at, shape, CLASSES[matlab_class])


def _cells(data: memoryview, at: int, count: int) -> list[Any]:
    cells = []
    for _ in range(count):
        kind, start, end = _tag(data, at)
        if kind != MATRIX:
            raise ValueError("a cell holds no matrix")
        cells.append(_matrix(data[start:end])[1] if end > start else np.empty((0, 0)))
        at = _padded(end)
    return cells


def _numbers(data: memoryview, at: int, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    kind, start, end = _tag(data, at)
    if kind not in STORED:
        raise ValueError(f"numbers stored as type {kind}")
    stored = np.dtype(f"<{STORED[kind]}")
    if array_bytes(shape, stored.itemsize) != end - start:
        raise ValueError(f"an array {shape} of {stored} holds {end - start} bytes")
    return np.frombuffer(data[start:end], stored).astype(dtype).reshape(shape, order="F")


def _tag(data: bytes | memoryview, at: int) -> tuple[int, int, int]:
    """Type of the element at a place, and where its content starts and ends."""
    kind, size = struct.unpack_from("<II", data, at)
    start = at + 8
    if kind >> 16:  # small: size and type in one word, content in the next
        kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
    if start + size > len(data):
        raise ValueError(f"an element declares {human_bytes(size)}, more than there is")
    return kind, start, start + size


def _padded(at: int) -> int:
    return (at + 7) // 8 * 8
