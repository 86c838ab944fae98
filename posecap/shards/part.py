"""One part of the shards: a pure function of some sequences and the settings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from posecap.errors import InputError
from posecap.shards import schema
from posecap.shards.files import TableFile, write_table
from posecap.shards.inputs import sequence_digest
from posecap.shards.settings import GenerateConfig
from posecap.shards.tables import (
    cameras_table,
    captions_table,
    frames_table,
    labels_table,
    posecodes_table,
    sequences_table,
    view_table,
)
from posecap.shards.telling import Narrator

if TYPE_CHECKING:
    from posecap.readers import Dataset
    from posecap.sequences import Sequence

WORK = ".generate"  # folder inside the shards for what is not final yet
STAGED = ("sequences", "labels", "cameras", "captions")  # tables that are merged when all parts are there


@dataclass
class PartRecord:
    """What a part wrote: final files, staged files, hashes of the sequences it read, seconds by stage."""

    index: int
    frames: int
    files: list[TableFile]
    staged: list[TableFile]
    inputs: list[str]
    seconds: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict) -> PartRecord:
        """The other way; KeyError or TypeError where `data` is not one."""
        files = {name: [TableFile(**file) for file in data[name]] for name in ("files", "staged")}
        return cls(**{**data, **files})


def make_part(dataset: Dataset, keys: list[str], config: GenerateConfig, index: int) -> PartRecord:
    """Read the sequences `keys` and write their rows as part `index` of every table.

    Memory holds one part. InputError names the sequence and frame that is not usable.
    """
    clock = _Clock()
    rows = _Rows(Narrator(dataset.skeleton, config))
    inputs = []
    for key in keys:
        with clock("read"):
            sequence = dataset.read(key)
            inputs.append(sequence_digest(sequence))
        rows.add(sequence, dataset.name, clock)
    with clock("write"):
        files = [
            write_table(config.out, f"{name}/part-{index:05d}.parquet", rows.groups(name), rows.schemas[name])
            for name in rows.final
        ]
        staged = [
            write_table(
                config.out,
                f"{WORK}/{name}/part-{index:05d}.parquet",
                rows.staged_groups(name),
                getattr(schema, f"staged_{name}", getattr(schema, name))(),
                hashed=False,
            )
            for name in STAGED
        ]
    return PartRecord(index, rows.num_frames, files, staged, inputs, clock.seconds)


@dataclass
class PartWork:
    """The parts of a run, for an engine: items are part numbers."""

    dataset: Dataset
    parts: list[list[str]]
    config: GenerateConfig
    forks: bool = True

    def prepare(self) -> Callable[[int], PartRecord]:
        """The function that makes part number `index`."""
        return lambda index: make_part(self.dataset, self.parts[index], self.config, index)


class _Clock:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


class _Rows:
    """The rows of one part, table by table, as they come in."""

    def __init__(self, narrator: Narrator) -> None:
        self.narrator = narrator
        self.schemas: dict[str, pa.Schema] = {}
        self.final: dict[str, list[pa.Table]] = {}
        self.small: dict[str, list[pa.Table]] = {name: [] for name in STAGED}
        self.num_frames = 0

    def add(self, sequence: Sequence, dataset: str, clock: _Clock) -> None:
        in_camera = self.narrator.frame == "camera"
        if in_camera:
            _check_cameras(sequence)
            told = {camera.name: self.narrator.tell(sequence, clock, camera) for camera in sequence.cameras}
            for camera, one in told.items():
                self._put("posecodes", posecodes_table(sequence, one, camera))
            self._put("frames", frames_table(sequence, None))
        else:
            one = self.narrator.tell(sequence, clock)
            self._put("posecodes", posecodes_table(sequence, one))
            self._put("frames", frames_table(sequence, one))
        for source, cameras in sequence.views.items():
            for camera, view in cameras.items():
                self._put(
                    f"views/{source}", view_table(sequence, camera, view, told[camera] if in_camera else None)
                )
        self.small["sequences"].append(sequences_table(sequence, dataset))
        self.small["labels"].append(labels_table(sequence))
        self.small["cameras"].append(cameras_table(sequence))
        self.num_frames += sequence.num_frames

    def groups(self, name: str) -> list[pa.Table]:
        """Row groups: one a sequence or view; of posecodes one in all, for they have many columns."""
        return [pa.concat_tables(self.final[name])] if name == "posecodes" else self.final[name]

    def staged_groups(self, name: str) -> list[pa.Table]:
        if name == "captions":
            return [captions_table(self.narrator)]
        return [pa.concat_tables(self.small[name])]

    def _put(self, name: str, table: pa.Table) -> None:
        self.schemas[name] = table.schema
        self.final.setdefault(name, []).append(table)


def _check_cameras(sequence: Sequence) -> None:
    """InputError where posecodes in the camera frame lack a camera to be seen by."""
    known = {camera.name for camera in sequence.cameras}
    if not known:
        raise InputError(f"{sequence.key}: has no cameras, which posecodes in the camera frame need")
    for source, views in sequence.views.items():
        for name in views:
            if name not in known:
                raise InputError(f"{sequence.key}: {source} 2D is of camera {name}, whose place is not known")
