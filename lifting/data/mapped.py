"""The data of clips in one memory-mapped file: for data too large to hold and small enough for a disk.

The file belongs to one run, is shared by its processes through the page cache, and goes with the run.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from lifting.data.sources import ClipSource, SequenceData, SourceOver, ViewData

DATA_FILE, INDEX_FILE = "clips.bin", "clips.json"
ALIGNMENT = 64
OF_SEQUENCE = ("world", "sentence_ids", "valid", "categories")
OF_VIEW = ("pose_2d", "rotation", "position", "sentence_ids", "intrinsics", "categories")


class MappedSource(SourceOver):
    """The same sequences as another source, read from it once and mapped from then on.

    `folder` is filled if it is not there yet; while it is filled it has another name.
    """

    def __init__(self, source: ClipSource, folder: Path) -> None:
        super().__init__(source)
        self._folder = folder
        if not folder.is_dir():
            _fill(source, folder)
        self._open()

    def _open(self) -> None:
        self._index = json.loads((self._folder / INDEX_FILE).read_text(encoding="utf-8"))
        self._data = np.memmap(self._folder / DATA_FILE, np.uint8, "r")

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]`; its arrays are views of the file."""
        entry = self._index[index]
        views = tuple(
            ViewData(camera, **{name: self._array(entry, f"{place}.{name}") for name in OF_VIEW})
            for place, camera in enumerate(entry["cameras"])
        )
        arrays = {name: self._array(entry, name) for name in OF_SEQUENCE}
        return SequenceData(views=views, up=tuple(entry["up"]), **arrays)

    def _array(self, entry: dict[str, Any], name: str) -> Any:
        if name not in entry["arrays"]:
            return None
        dtype, shape, start = entry["arrays"][name]
        size = int(np.prod(shape)) * np.dtype(dtype).itemsize
        return self._data[start : start + size].view(dtype).reshape(shape)

    def __getstate__(self) -> dict[str, Any]:
        return {"_source": self._source, "_folder": self._folder}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()


def _fill(source: ClipSource, folder: Path) -> None:
    beside = folder.with_name(f"{folder.name}.{os.getpid()}.new")
    beside.mkdir(parents=True)
    try:
        with (beside / DATA_FILE).open("wb") as file:
            index = [_write(file, source.load(number)) for number in range(len(source.infos))]
        (beside / INDEX_FILE).write_text(json.dumps(index), encoding="utf-8")
        os.replace(beside, folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _write(file: BinaryIO, data: SequenceData) -> dict[str, Any]:
    """Appends the arrays of a sequence; says where each of them lies."""
    arrays = {}
    for name, array in _arrays(data):
        file.write(bytes(-file.tell() % ALIGNMENT))
        arrays[name] = [array.dtype.str, list(array.shape), file.tell()]
        file.write(np.ascontiguousarray(array).tobytes())
    return {"up": list(data.up), "cameras": [view.camera for view in data.views], "arrays": arrays}


def _arrays(data: SequenceData) -> Iterator[tuple[str, np.ndarray]]:
    found = [(name, getattr(data, name)) for name in OF_SEQUENCE]
    for place, view in enumerate(data.views):
        found += [(f"{place}.{name}", getattr(view, name)) for name in OF_VIEW]
    return ((name, array) for name, array in found if array is not None)
