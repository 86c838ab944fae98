"""What readers of motion without images share: a folder of files, a sequence each, virtual cameras."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from posecap.datasets import DatasetManifest
from posecap.errors import InputError, unknown_name
from posecap.sequences import Label, Sequence
from posecap.virtual_cameras import check_views, see_by_virtual_cameras

_SUBJECT = re.compile(r"(subject|actor|performer)[_\-]?\d+", flags=re.IGNORECASE)


class UnclearFileError(InputError):
    """A file that cannot be read without more being said, and others beside; `own` is about it alone."""

    def __init__(self, message: str, own: InputError) -> None:
        super().__init__(message)
        self.own = own

    def __reduce__(self) -> tuple[type[UnclearFileError], tuple[str, InputError]]:
        return type(self), (str(self), self.own)


@dataclass(frozen=True)
class Motion:
    """What a format's file holds: joints (T, J, 3) metres; the labels are the file's own, if it has any."""

    joints: np.ndarray
    fps: float
    up: str = "z"
    source: str = ""
    labels: tuple[Label, ...] = ()


@dataclass(frozen=True)
class Views:
    """How motion without images is seen."""

    keypoints: tuple[str, ...]
    num_cameras: int = 4
    projection: str = "perspective"
    seed: int = 0

    def __post_init__(self) -> None:
        check_views(self.keypoints, self.num_cameras, self.projection)


@dataclass(frozen=True)
class MotionFiles:
    """A data set of motion files. `load` reads one, `count` tells its length without reading it all.

    Keys are the paths below the root without their suffix; the subject is the folder a file lies in;
    `test` are patterns of keys (as "02_*" or "subject5*") that make up the test split; InputError for one
    that fits none.
    """

    manifest: DatasetManifest
    skeleton: str
    files: dict[str, Path] = field(repr=False)
    load: Callable[[Path], Motion]
    count: Callable[[Path], int]
    views: Views
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for pattern in self.test:
            if not any(fnmatch(key, pattern) for key in self.files):
                some = ", ".join(list(self.files)[:10]) + (", ..." if len(self.files) > 10 else "")
                raise InputError(f"{self.name}: test: no sequence fits '{pattern}' (there are {some})")

    @property
    def name(self) -> str:
        return self.manifest.name

    def keys(self) -> list[str]:
        """All sequence keys, sorted."""
        return list(self.files)

    def num_frames(self, key: str) -> int:
        """Length of a sequence."""
        return self.count(self._find(key))

    def read(self, key: str) -> Sequence:
        """The sequence with virtual cameras, checked."""
        path = self._find(key)
        motion = self.load(path)
        sequence = Sequence(
            key=key,
            subject=self.subject(key),
            action=action_of(key),
            split=self.split(key),
            fps=motion.fps,
            joints=motion.joints,
            skeleton=self.skeleton,
            up=motion.up,
            source=motion.source or path.name,
            labels=motion.labels or named_label(key, len(motion.joints)),
        )
        views = self.views
        wanted = views.keypoints, views.num_cameras, views.projection, views.seed
        return see_by_virtual_cameras(sequence, *wanted).check()

    def subject(self, key: str) -> str:
        """Who moves: "subject5" in the key where it says so, else the folder the file lies in."""
        said = _SUBJECT.search(key)
        return said[0] if said else self.files[key].parent.name

    def split(self, key: str) -> str:
        """ "test" for keys that a pattern of `test` fits, else "train"."""
        return "test" if any(fnmatch(key, pattern) for pattern in self.test) else "train"

    def _find(self, key: str) -> Path:
        if key not in self.files:
            raise unknown_name("sequence", key, self.files)
        return self.files[key]


def find_motions(root: Path | None, suffixes: tuple[str, ...], dataset: str) -> dict[str, Path]:
    """Key -> file of all files with one of `suffixes` below the folder `root`, or of the file `root`."""
    if root is None:
        raise InputError(
            f"dataset {dataset}: needs a root, a folder with {' or '.join(suffixes)} files, or one file"
        )
    if root.is_file():
        return {root.stem: root}
    if not root.is_dir():
        raise InputError(f"{root}: no such file or folder")
    files: dict[str, Path] = {}
    for path in sorted(root.rglob("*")):
        if path.suffix.lower() in suffixes and path.is_file():
            key = path.relative_to(root).with_suffix("").as_posix()
            if key in files:
                raise InputError(f"{path} and {files[key].name}: two files for the sequence {key}")
            files[key] = path
    if not files:
        raise InputError(f"{root}: holds no {' or '.join(suffixes)} files")
    return files


def patterns(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """A list option: a list, or one text with commas."""
    if text is None:
        return ()
    return tuple(part.strip() for part in text.split(",")) if isinstance(text, str) else tuple(text)


def keep_every(rate: float, wanted: float | None) -> int:
    """Keep each so-manieth frame of a motion at `rate` to come near the rate `wanted` (None: all)."""
    if wanted is not None and not wanted > 0:
        raise InputError(f"fps is {wanted:g}, expected more than 0")
    return 1 if wanted is None else max(1, round(rate / wanted))


def action_of(key: str) -> str:
    """The name of the file without its subject and numbers; the whole name where nothing else is left."""
    name = key.rsplit("/", 1)[-1]
    words = _SUBJECT.sub("", name)
    words = re.sub(r"[\d_\-. ]+$", "", words).strip("_- .")
    return words if re.search(r"[A-Za-z]{2}", words) else name


def named_label(key: str, num_frames: int) -> tuple[Label, ...]:
    """The action's name as words, where it has any."""
    action = action_of(key)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_\-.]+", " ", action).lower()
    words = re.sub(r"\d+", " ", words)
    text = " ".join(words.split())
    return (Label(text, 0, num_frames),) if len(text) > 2 else ()
