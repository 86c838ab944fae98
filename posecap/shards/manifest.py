"""manifest.json: what a shard directory holds, written last; without it a directory is not whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest
from posecap.shards.files import write_text
from posecap.shards.schema import FORMAT, FORMAT_VERSION

MANIFEST = "manifest.json"
DEFINITIONS = "definitions.yaml"  # the posecode definitions, so that nothing outside is needed
Granularity = Literal["sentence", "caption", "token", "label"]


class SkeletonRecord(Manifest):
    """The joints of every pose in the shards, so that training needs nothing else."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    pairs: tuple[tuple[str, str], ...]


class LeftOutRecord(Manifest):
    """A posecode that the skeleton cannot tell, and why."""

    kind: str
    joints: tuple[str, ...]
    reason: str


class DefinitionsRecord(Manifest):
    """Which posecode definitions the statements are of; the whole of them is in definitions.yaml."""

    name: str
    sha256: str
    sentences: int
    left_out: tuple[LeftOutRecord, ...] = ()


class FeatureRecord(Manifest):
    """One set of text features and the model that made it."""

    encoder: str = Field(description="folder under features/")
    granularity: Granularity
    context: str = Field(description="what the encoder read: sentence, caption or label")
    name: str
    revision: str
    weights_sha256: str
    dimension: int
    pooling: str
    dtype: str
    texts: int
    truncated: int = Field(description="texts longer than the model reads")

    @property
    def table(self) -> str:
        """Name of the table that holds the vectors."""
        return f"features/{self.encoder}/{feature_folder(self.granularity, self.context)}"


def feature_folder(granularity: str, context: str) -> str:
    """Folder of a feature set: its granularity, and what was read where that is a choice."""
    is_choice = granularity in ("caption", "token") and context == "caption"
    return f"{granularity}_in_context" if is_choice else granularity


class FileRecord(Manifest):
    """A file's bytes."""

    size: int
    sha256: str


class TableRecord(Manifest):
    """A table over all its parts; `content` is the hash of its rows in any order."""

    rows: int
    content: str


class ShardManifest(Manifest):
    """The whole manifest; `sha256` is the hash of everything else in it."""

    format: Literal["posecap shards"] = FORMAT
    version: Literal[1] = FORMAT_VERSION
    posecap: str
    dataset: str
    keypoints: tuple[str, ...]
    skeleton: SkeletonRecord
    definitions: DefinitionsRecord
    language: str
    frame: Literal["body", "camera"]
    style: str
    seed: int
    variants: int
    noise: bool
    skip: float
    without: tuple[str, ...] = ()
    concise: bool = False
    with_action: bool = False
    features: tuple[FeatureRecord, ...] = ()
    parts: tuple[tuple[str, ...], ...] = Field(description="sequences of each part, in row order")
    inputs: tuple[str, ...] = Field((), description="hash of what was read of each sequence, in that order")
    told_captions: int = Field(0, description="captions of frames; the others are their mirror images")
    tables: dict[str, TableRecord]
    files: dict[str, FileRecord]
    sha256: str = ""

    def data_sha256(self) -> str:
        """Hash of the rows of all tables but the text features, which may be added to."""
        own = {name: one.content for name, one in self.tables.items() if not name.startswith("features/")}
        return hashlib.sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()

    def sealed(self) -> ShardManifest:
        """The same with its own hash put in."""
        return self.model_copy(update={"sha256": _own_hash(self.model_dump(mode="json"))})


def write_manifest(root: Path, manifest: ShardManifest) -> None:
    """Write manifest.json, atomically."""
    data = manifest.sealed().model_dump(mode="json")
    write_text(root / MANIFEST, json.dumps(data, indent=1, ensure_ascii=False) + "\n")


def read_manifest(text: str, where: str) -> ShardManifest:
    """The manifest in `text`; InputError names `where` and what is wrong with it."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"{where}: not valid JSON ({error})") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise InputError(f"{where}: not the manifest of a shard directory")
    if data.get("version") != FORMAT_VERSION:
        version = data.get("version")
        raise InputError(f"{where}: shard format version {version}, this program reads {FORMAT_VERSION}")
    if data.get("sha256") != _own_hash(data):
        raise InputError(f"{where}: changed since it was written (its own hash differs)")
    return manifests.validate(ShardManifest, data, where)


def _own_hash(data: dict[str, Any]) -> str:
    rest = {key: value for key, value in data.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
