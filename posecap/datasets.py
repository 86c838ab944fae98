"""Dataset manifests: what a data set is, which files it wants, who is in it, its cameras."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from posecap import manifests
from posecap.cameras import Camera, quaternion_to_rotation
from posecap.errors import InputError, unknown_name
from posecap.manifests import Manifest

Pair = tuple[float, float]
Triple = tuple[float, float, float]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class WantedFile(Manifest):
    """A file (or glob pattern, relative to the root) of a data set."""

    pattern: str
    but_not: str | None = Field(None, description="pattern of names that do not count")
    holds: str
    required: bool = True
    way: str = Field("", description="files of different ways stand in for each other")
    sha256: Sha256 | dict[str, Sha256] | None = Field(
        None, description="of the file, or by name of its files"
    )


class Intrinsics(Manifest):
    """A camera's inside, in pixels; distortion in the convention of `posecap.cameras.project`."""

    name: str
    width: int = Field(gt=0)
    height: int = Field(gt=0)
    focal: Pair
    center: Pair
    radial: Triple = (0.0, 0.0, 0.0)
    tangential: Pair = (0.0, 0.0)


class Extrinsics(Manifest):
    """Where a camera stands: quaternion (w, x, y, z), camera to world, and position in metres.

    `camera` names it where a subject is not seen by all of them.
    """

    camera: str | None = None
    orientation: tuple[float, float, float, float]
    position: Triple


class Recording(Manifest):
    """Facts of one sequence that the files may not tell."""

    num_frames: int | None = Field(None, gt=0)
    fps: float | None = Field(None, gt=0)


class Reporting(Manifest):
    """How errors on a data set are reported by its authors, where that is not by action."""

    metrics: tuple[str, ...] = Field(("MPJPE", "P-MPJPE"), description="columns of the table by action")
    unscored: tuple[str, ...] = Field((), description="joints that PCK and AUC do not count")
    rows: Literal["actions", "sequences"] = "actions"


class DatasetManifest(Manifest):
    """One data set. `cameras` are shared by all subjects; `extrinsics` are per subject, in their order
    or by their names."""

    name: str
    title: str
    description: str
    reader: str
    licence: str
    obtain: str = Field(description="who gives it, by name; never a mirror")
    cite: str | None = None
    files: tuple[WantedFile, ...] = ()
    skeleton: str
    fps: float | None = Field(None, gt=0)
    up: Literal["x", "y", "z", "-x", "-y", "-z", "camera"] | None = None
    splits: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    cameras: tuple[Intrinsics, ...] = ()
    extrinsics: dict[str, tuple[Extrinsics, ...]] = Field(default_factory=dict)
    recordings: dict[str, Recording] = Field(default_factory=dict)
    bone_lengths: dict[str, float] = Field(default_factory=dict, description="metres, by the bone's end")
    reporting: Reporting = Reporting()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> DatasetManifest:
        subjects = [subject for members in self.splits.values() for subject in members]
        if len(set(subjects)) != len(subjects):
            raise ValueError("splits: a subject is in two splits")
        names = [camera.name for camera in self.cameras]
        for subject, placed in self.extrinsics.items():
            unknown = [place.camera for place in placed if place.camera and place.camera not in names]
            if unknown:
                raise ValueError(f"extrinsics.{subject}: '{unknown[0]}' is not one of the cameras")
            if not all(place.camera for place in placed) and len(placed) != len(names):
                raise ValueError(f"extrinsics.{subject}: expected {len(names)} entries, one a camera")
        return self

    def split_of(self, subject: str) -> str:
        """Name of the split a subject belongs to; "" where the manifest does not tell."""
        return next((name for name, members in self.splits.items() if subject in members), "")

    def subject_cameras(self, subject: str) -> tuple[Camera, ...]:
        """The calibrated cameras of one subject, in the order of the manifest."""
        if subject not in self.extrinsics:
            known = ", ".join(self.extrinsics) or "none"
            raise InputError(
                f"dataset {self.name}: no cameras of subject {subject} (known: those of {known})"
            )
        by_name = {camera.name: camera for camera in self.cameras}
        places = enumerate(self.extrinsics[subject])
        return tuple(
            _camera(by_name[place.camera] if place.camera else self.cameras[index], place)
            for index, place in places
        )

    def intrinsics(self, name: str) -> Intrinsics:
        """The camera `name`; InputError where there is none."""
        found = [camera for camera in self.cameras if camera.name == name]
        if not found:
            raise unknown_name(f"camera of {self.name}", name, [camera.name for camera in self.cameras])
        return found[0]


def load_dataset_manifest(name: str) -> DatasetManifest:
    """The shipped data set `name`, or one in a user's `.yaml` file; InputError where there is none."""
    return manifests.load("datasets", name, DatasetManifest)


def dataset_names() -> list[str]:
    """Names of the shipped data sets."""
    return manifests.names("datasets")


@dataclass(frozen=True)
class FoundFile:
    """A wanted file and what lies under the root for it (relative names, empty if none)."""

    wanted: WantedFile
    found: tuple[str, ...]
    needed: bool = True

    @property
    def status(self) -> str:
        """One of: found, missing, not there (where it can be done without)."""
        return "found" if self.found else "missing" if self.needed else "not there"


def find_files(manifest: DatasetManifest, root: str | Path) -> list[FoundFile]:
    """What is there and what is missing of a data set's files under `root`, in the manifest's order."""
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    found = [(wanted, _matches(wanted, root)) for wanted in manifest.files]
    ways = {wanted.way for wanted in manifest.files}
    whole = {way for way in ways if way and all(paths for wanted, paths in found if _counts(wanted, way))}
    return [
        FoundFile(wanted, paths, wanted.required and not (wanted.way and whole)) for wanted, paths in found
    ]


def checksum(one: FoundFile, root: str | Path) -> str:
    """What the manifest's checksums say of the files found: as published, different (which), or none known.

    Reads the files whose checksum is known, whole.
    """
    stated = one.wanted.sha256
    known = stated if isinstance(stated, dict) else dict.fromkeys(one.found if stated else (), stated)
    here = [name for name in one.found if name in known]
    if not here:
        return "none known" if one.found else ""
    different = [name for name in here if _sha256(Path(root) / name) != known[name]]
    if different:
        return f"differs from the published: {', '.join(different)}"
    return "as published" if len(here) == len(one.found) else f"as published ({len(here)} known)"


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error


def _counts(wanted: WantedFile, way: str) -> bool:
    return wanted.required and wanted.way == way


def _matches(wanted: WantedFile, root: Path) -> tuple[str, ...]:
    names = sorted(path.relative_to(root).as_posix() for path in root.glob(wanted.pattern))
    return tuple(name for name in names if not (wanted.but_not and fnmatch(name, wanted.but_not)))


def _camera(inside: Intrinsics, placed: Extrinsics) -> Camera:
    return Camera(
        name=inside.name,
        width=inside.width,
        height=inside.height,
        focal=np.array(inside.focal),
        center=np.array(inside.center),
        radial=np.array(inside.radial),
        tangential=np.array(inside.tangential),
        rotation=quaternion_to_rotation(placed.orientation).T,
        position=np.array(placed.position),
    )
