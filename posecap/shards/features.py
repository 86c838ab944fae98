"""Which text features there are, in which tables, and what the manifest says of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from posecap.errors import unknown_name
from posecap.shards.files import TableFile
from posecap.shards.manifest import FeatureRecord, feature_folder

if TYPE_CHECKING:
    from posecap.encoders import Encoder

GRANULARITIES = ("sentence", "caption", "token", "label")
CONTEXTS = ("sentence", "caption")


@dataclass(frozen=True)
class FeatureSet:
    """Features of one granularity, made from texts read alone or (`context` caption) in captions."""

    granularity: str
    context: str

    @classmethod
    def of(cls, granularity: str, context: str) -> FeatureSet:
        """InputError for unknown names."""
        if granularity not in GRANULARITIES:
            raise unknown_name("granularity", granularity, GRANULARITIES)
        if context not in CONTEXTS:
            raise unknown_name("context", context, CONTEXTS)
        if granularity in ("sentence", "label"):
            context = granularity
        return cls(granularity, context)

    @property
    def source(self) -> str:
        """The table that the texts are in."""
        if self.granularity == "label":
            return "labels"
        return "captions" if self.granularity == "caption" or self.context == "caption" else "sentences"

    @property
    def key(self) -> str:
        """The column that says which text a vector is of."""
        return {"labels": "label", "captions": "caption_id", "sentences": "sentence_id"}[self.source]

    @property
    def is_encoded(self) -> bool:
        """Whether the encoder reads the texts; else vectors are means of the bank's."""
        return self.granularity != "caption" or self.context == "caption"

    def table(self, encoder: Encoder) -> str:
        """Name of the table."""
        return f"features/{encoder.info.folder}/{feature_folder(self.granularity, self.context)}"


@dataclass(frozen=True)
class FeaturePart:
    """One file of features: of which set, from which file, to which file, for how many texts."""

    wanted: FeatureSet
    source: str
    target: str
    texts: int


@dataclass(frozen=True)
class MadePart:
    """What making a part gave."""

    target: str
    file: TableFile
    texts: int
    truncated: int


def feature_parts(
    encoder: Encoder, wanted: FeatureSet, rows: dict[str, int], num_labels: int
) -> list[FeaturePart]:
    """The parts of a feature set, of shards whose files have `rows` rows."""
    table = wanted.table(encoder)
    if wanted.source == "captions":
        files = sorted(path for path in rows if path.startswith("captions/"))
        return [FeaturePart(wanted, path, f"{table}/{path.split('/')[1]}", rows[path]) for path in files]
    source = f"{wanted.source}.parquet"
    texts = num_labels if wanted.source == "labels" else rows[source]
    return [FeaturePart(wanted, source, f"{table}/part-00000.parquet", texts)]


def feature_record(encoder: Encoder, wanted: FeatureSet, made: list[MadePart]) -> FeatureRecord:
    """What the manifest says of a feature set."""
    info = encoder.info
    is_token = wanted.granularity == "token"
    return FeatureRecord(
        encoder=info.folder,
        granularity=wanted.granularity,
        context=wanted.context,
        name=info.name,
        revision=info.revision,
        weights_sha256=info.weights_sha256,
        dimension=info.token_dimension if is_token else info.dimension,
        pooling="none" if is_token else info.pooling,
        dtype="float16",
        texts=sum(part.texts for part in made),
        truncated=sum(part.truncated for part in made),
    )


def different_labels(path: Path) -> list[str]:
    """The different action labels, sorted."""
    return sorted(set(pq.read_table(path, columns=["text"])["text"].to_pylist()))
