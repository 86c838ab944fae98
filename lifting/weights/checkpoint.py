"""Files of `torch.save`, read without running anything they hold.

Such a file is a zip of one pickle and the bytes of every tensor. The pickle may name any function of
any module and have it called. Here it gets tensors and plain containers; whatever else it names (an
optimizer's classes, a NumPy RandomState, `os.system`) becomes an inert stub.
"""

from __future__ import annotations

import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lifting.weights.stubs import stub_for
from posecap.errors import InputError
from posecap.io.limits import MAX_BYTES, check_limit, require_file

MAX_PICKLE_BYTES = 64 * 2**20
DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def read_checkpoint(path: str | Path, max_bytes: int = MAX_BYTES) -> Any:
    """What a checkpoint holds: tensors on the CPU, plain containers, and stubs for all else.

    Raises InputError, naming the file, for what is no `torch.save` archive, is damaged, or is larger
    than `max_bytes`.
    """
    path = Path(path)
    require_file(path)
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: no checkpoint in torch's zip format (PyTorch 1.6 and later write it)")
    try:
        with zipfile.ZipFile(path) as archive:
            return _Archive(path, archive, max_bytes).load()
    except InputError:
        raise
    except Exception as error:  # a damaged pickle can fail in any way
        raise InputError(f"{path}: a damaged or foreign checkpoint ({error})") from error


class _Archive:
    """The records of one checkpoint."""

    def __init__(self, path: Path, archive: zipfile.ZipFile, max_bytes: int) -> None:
        self.path, self.archive = path, archive
        self.sizes = {info.filename: info.file_size for info in archive.infolist()}
        check_limit(path, sum(self.sizes.values()), max_bytes)
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise InputError(f"{path}: a checkpoint with compressed records, which torch does not write")
        pickles = [name for name in self.sizes if name.count("/") == 1 and name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise InputError(f"{path}: no checkpoint of torch: it has {len(pickles)} records named data.pkl")
        self.folder = pickles[0].removesuffix("data.pkl")
        self.storages: dict[str, Tensor] = {}

    def load(self) -> Any:
        if self.sizes.get(f"{self.folder}byteorder") and self._read("byteorder") != b"little":
            raise InputError(f"{self.path}: a checkpoint with big-endian numbers")
        check_limit(self.path, self.sizes[f"{self.folder}data.pkl"], MAX_PICKLE_BYTES)
        return _Unpickler(io.BytesIO(self._read("data.pkl")), self).load()

    def storage(self, key: str, dtype: torch.dtype, count: int) -> Tensor:
        """The `count` numbers of one storage, a tensor of one axis."""
        if key not in self.storages:
            data = bytearray(self._read(f"data/{key}"))
            self.storages[key] = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
        found = self.storages[key]
        if found.dtype != dtype or len(found) != count:
            raise InputError(f"{self.path}: storage '{key}' does not hold the {count} numbers it declares")
        return found

    def _read(self, record: str) -> bytes:
        name = f"{self.folder}{record}"
        if name not in self.sizes:
            raise InputError(f"{self.path}: record '{record}' is missing")
        return self.archive.read(name)


class _Unpickler(pickle.Unpickler):
    """Knows how tensors are put together, and nothing else that could run."""

    def __init__(self, file: io.BytesIO, archive: _Archive) -> None:
        super().__init__(file)
        self.archive = archive

    def find_class(self, module: str, name: str) -> Any:
        """What stands for `module.name`."""
        known = {
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
            ("collections", "OrderedDict"): OrderedDict,
        }
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        return known.get((module, name)) or stub_for(module, name)

    def persistent_load(self, pid: Any) -> Tensor:
        """The storage that a tensor views."""
        kind, dtype, key, _, count = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype):
            raise InputError(f"{self.archive.path}: a storage of a kind that is not known")
        return self.archive.storage(str(key), dtype, int(count))


def _rebuild_tensor(
    storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Tensor:
    """A view of a storage; ValueError where it would reach outside or repeat numbers endlessly."""
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    count = int(torch.Size(size).numel())
    if min((offset, *size, *stride)) < 0 or count > len(storage) or (count and last >= len(storage)):
        raise ValueError("a tensor reaches outside its storage")
    return torch.as_strided(storage, size, stride, offset)


def _rebuild_parameter(data: Tensor, *_: Any) -> Tensor:
    return data
