"""Readers: one file per data set or format, all giving the same `Sequence`.

A reader module has one function, `open_dataset(root, keypoints, **options) -> Dataset`; it is
imported when it is asked for, so that no reader's libraries load for another's sake.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from collections.abc import Sequence as Many
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from posecap.datasets import DatasetManifest
from posecap.errors import unknown_name
from posecap.options import check_options
from posecap.readers.usable import UsableDataset
from posecap.sequences import Sequence

FILLED = ("root", "keypoints")  # what every reader is given
READERS = {
    "amass": "posecap.readers.amass",
    "asfamc": "posecap.readers.asfamc",
    "babel": "posecap.readers.babel",
    "bvh": "posecap.readers.bvh",
    "demo": "posecap.readers.demo",
    "h36m": "posecap.readers.h36m",
    "poses": "posecap.readers.poses",
    "mpi_inf_3dhp": "posecap.readers.mpi_inf_3dhp",
}


class Dataset(Protocol):
    """What every reader gives. Keys are stable names such as "S9/Walking 1", in a stable order."""

    @property
    def name(self) -> str:
        """The data set's name, as in READERS."""

    @property
    def skeleton(self) -> str:
        """Name of the skeleton of all its sequences."""

    @property
    def manifest(self) -> DatasetManifest:
        """What the data set is, which files it wants, who is in it."""

    def keys(self) -> list[str]:
        """All sequence keys."""

    def num_frames(self, key: str) -> int:
        """Length of a sequence, without reading its poses where the format allows."""

    def read(self, key: str) -> Sequence:
        """The sequence, checked (`Sequence.check`); InputError names what is not usable in it."""


def open_dataset(
    name: str,
    root: str | Path | None = None,
    keypoints: Many[str] = ("gt",),
    *,
    skip_invalid: bool = False,
    **options: Any,
) -> Dataset:
    """The data set `name` under the folder (or file) `root` with the 2D sources `keypoints`.

    With `skip_invalid`, unusable frames are held at the last usable pose and marked as not valid, and
    sequences without a usable frame are left out; the data set's `report` names them all. Otherwise
    reading them raises.

    InputError for an unknown name (with the near ones), an option the reader does not have or that is
    of another type, and whatever the reader finds wrong with the files.
    """
    if name not in READERS:
        raise unknown_name("dataset", name, READERS)
    opener = import_module(READERS[name]).open_dataset
    checked = check_options(f"dataset {name}", opener, options, FILLED)
    dataset = opener(Path(root) if root is not None else None, tuple(keypoints), **checked)
    return UsableDataset(dataset) if skip_invalid else dataset


def reader_options(reader: str) -> list[dict[str, str]]:
    """Names, types and defaults of what `open_dataset` takes beyond root and keypoints for a reader."""
    parameters = inspect.signature(import_module(READERS[reader]).open_dataset).parameters
    return [
        {"option": name, "type": str(one.annotation), "default": str(one.default)}
        for name, one in parameters.items()
        if name not in FILLED
    ]


def survey(reader: str, root: Path, options: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a reader finds out about each file below `root`; empty for readers that have nothing to guess.

    InputError for an option that does not say how files are meant.
    """
    look = getattr(import_module(READERS[reader]), "survey", None)
    return [] if look is None else look(root, **check_options(f"dataset {reader}", look, options, FILLED))
