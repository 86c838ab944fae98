"""`.npy` and `.npz` files, read without numpy's own unpickling.

Declared sizes are compared with the file before anything is allocated.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, array_bytes, check_limit, human_bytes, require_file
from posecap.io.pickles import PLAIN_KINDS, unpickle
from posecap.io.scratch import Scratch

_READ_HEADER = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}
_CHUNK = 2**24


def read_npy(path: str | Path, max_bytes: int = MAX_BYTES) -> np.ndarray:
    """The array of a `.npy` file; InputError names the file and what is wrong with it."""
    path = Path(path)
    require_file(path)
    size = path.stat().st_size
    check_limit(path, size, max_bytes)
    with path.open("rb") as stream:
        return _read_array(stream, size, str(path))


def read_npz(
    path: str | Path,
    names: Iterable[str] | None = None,
    max_bytes: int = MAX_BYTES,
    scratch: Scratch | None = None,
) -> dict[str, Any]:
    """Arrays of an `.npz` file by name, all or those in `names`; a pickled object comes as itself.

    Object arrays hold numpy arrays and plain containers only. Raises InputError naming the file, the
    member, and the class where one is not admitted, or the names there are where one is missing.
    With `scratch` large arrays in pickled objects come as StoredArrays, whose numbers lie there.
    """
    path = Path(path)
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            wanted = list(members) if names is None else list(names)
            _check_members(path, members, wanted, max_bytes)
            return {name: _read_member(archive, members[name], path, scratch) for name in wanted}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise InputError(
            f"{path}: not a readable .npz file ({str(error) or type(error).__name__})"
        ) from error


def npz_names(path: str | Path) -> list[str]:
    """Names of the arrays in an `.npz` file."""
    path = Path(path)
    require_file(path)
    try:
        with zipfile.ZipFile(path) as archive:
            return [name.removesuffix(".npy") for name in archive.namelist()]
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise InputError(f"{path}: not a readable .npz file ({error})") from error


def _check_members(
    path: Path, members: dict[str, zipfile.ZipInfo], wanted: list[str], max_bytes: int
) -> None:
    missing = [name for name in wanted if name not in members]
    if missing:
        raise InputError(f"{path}: has no array '{missing[0]}' (it has: {', '.join(members) or 'none'})")
    check_limit(path, sum(members[name].file_size for name in wanted), max_bytes)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, scratch: Scratch | None) -> Any:
    if info.flag_bits & 1:
        raise InputError(f"{path}: {info.filename} is encrypted")
    with archive.open(info) as stream:
        array = _read_array(stream, info.file_size, f"{path}: {info.filename}", scratch)
    return array.item() if array.dtype.kind == "O" and array.ndim == 0 else array


def _read_array(stream: Any, size: int, source: str, scratch: Scratch | None = None) -> np.ndarray:
    shape, fortran, dtype = _read_header(stream, source)
    left = size - stream.tell()
    if dtype.kind == "O":
        return _object_array(unpickle(stream, left, source, scratch), shape, source)
    if dtype.kind not in PLAIN_KINDS:
        raise InputError(f"{source}: holds {dtype}, expected numbers or strings")
    try:
        declared = array_bytes(shape, dtype.itemsize)
    except ValueError as error:
        raise InputError(f"{source}: {error}") from error
    if declared != left:
        raise InputError(
            f"{source}: declares {' x '.join(map(str, shape)) or 1} {dtype} ({human_bytes(declared)}), "
            f"but holds {human_bytes(left)}"
        )
    flat = np.frombuffer(_read_exactly(stream, declared, source), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _read_header(stream: BinaryIO, source: str) -> tuple[tuple[int, ...], bool, np.dtype]:
    try:
        version = np.lib.format.read_magic(stream)
        if version not in _READ_HEADER:
            raise ValueError(f"format version {version} is not read")
        return _READ_HEADER[version](stream)
    except (zipfile.BadZipFile, zlib.error):
        raise
    except Exception as error:  # the header is evaluated text: anything can be wrong with it
        reason = (str(error).splitlines() or [type(error).__name__])[0][:120]
        raise InputError(f"{source}: not a numpy array file ({reason})") from error


def _read_exactly(stream: BinaryIO, count: int, source: str) -> bytearray:
    data = bytearray()
    while len(data) < count:
        chunk = stream.read(min(_CHUNK, count - len(data)))
        if not chunk:
            raise InputError(f"{source}: ends after {human_bytes(len(data))} of {human_bytes(count)}")
        data += chunk
    return data


def _object_array(value: Any, shape: tuple[int, ...], source: str) -> np.ndarray:
    if not isinstance(value, np.ndarray) or value.dtype.kind != "O" or value.shape != shape:
        raise InputError(f"{source}: the pickled object is not the array that its header declares")
    return value
