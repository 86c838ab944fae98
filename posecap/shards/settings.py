"""What `generate` is asked to do, and what it tells at the end."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Protocol

FRAMES = ("body", "camera")
DEFAULT_ENCODER = "all-MiniLM-L6-v2"


@dataclass(frozen=True)
class GenerateConfig:
    """One run of `generate`.

    Fields up to `options` decide what the shards hold; the rest only how the work is done.
    `keypoints` are the 2D sources; `definitions` None takes the skeleton's own; `skip` is the
    probability that a statement is left out; `without` are body parts that nothing is said of;
    `concise` leaves out what follows from what is told; `with_action` begins captions with the action;
    `sequences` and `subjects` None take all; `options` go to the reader; `encoder` None leaves text
    features out, a directory is loaded from there. A part is at least one sequence and about
    `part_frames` frames. `engine` is local, with `jobs` processes, or ray, at a cluster's `address`.
    """

    dataset: str
    out: Path
    root: Path | None = None
    keypoints: tuple[str, ...] = ("gt",)
    definitions: str | None = None
    language: str = "en"
    frame: Literal["body", "camera"] = "body"
    style: str = "canonical"
    seed: int = 0
    variants: int = 1
    noise: bool = False
    skip: float = 0.0
    without: tuple[str, ...] = ()
    concise: bool = False
    with_action: bool = False
    subjects: tuple[str, ...] | None = None
    sequences: tuple[str, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)
    encoder: str | None = DEFAULT_ENCODER
    granularities: tuple[str, ...] = ("sentence", "caption")
    part_frames: int = 16384
    device: str | None = None
    jobs: int = 1
    engine: str = "local"
    address: str | None = None

    def identity(self, parts: list[list[str]], definitions_sha256: str) -> str:
        """Hash of all that decides what the parts hold; a half-made run resumes only under the same."""
        decisive = [item.name for item in fields(self)[:_NUM_DECISIVE] if item.name != "out"]
        data = {name: getattr(self, name) for name in decisive}
        text = json.dumps([data, parts, definitions_sha256], default=str, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


# settings that the manifest tells again
SETTINGS = (
    *("dataset", "language", "frame", "style", "seed", "variants"),
    *("noise", "skip", "without", "concise", "with_action"),
)
_NUM_DECISIVE = [item.name for item in fields(GenerateConfig)].index("options") + 1


class Progress(Protocol):
    """What `generate` and `embed` tell while they work; every method is optional to honour."""

    def start(self, stage: str, total: int, unit: str) -> None:
        """A stage begins: `total` units of work lie ahead."""

    def advance(self, stage: str, done: int) -> None:
        """`done` more units are finished."""

    def finish(self, stage: str) -> None:
        """The stage is over."""

    def warn(self, message: str) -> None:
        """Something the user should know, in one line."""

    def note(self, text: str) -> None:
        """Something of interest, in one line."""


class Silent:
    """Progress that nobody watches; warnings go to the warnings module."""

    def start(self, stage: str, total: int, unit: str) -> None:
        """Nothing."""

    def advance(self, stage: str, done: int) -> None:
        """Nothing."""

    def finish(self, stage: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def warn(self, message: str) -> None:
        """A Python warning."""
        import warnings

        warnings.warn(message, stacklevel=3)


@dataclass(frozen=True)
class Summary:
    """What a run made: counts, bytes by table and seconds by stage (of all workers together).

    `captions` are the different captions of frames, `mirror_images` those that only flipped clips have.
    """

    path: Path
    sequences: int
    frames: int
    views: int
    captions: int
    mirror_images: int
    sentences: int
    rows: dict[str, int]
    bytes: dict[str, int]
    seconds: dict[str, float]
    resumed_parts: int = 0
