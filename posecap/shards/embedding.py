"""`embed`: adds text features to whole shards, part by part, resumable; nothing else is touched."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from posecap.errors import InputError
from posecap.shards.assembly import table_records
from posecap.shards.directory import clear_partial, hold
from posecap.shards.engines import Engine
from posecap.shards.features import (
    FeaturePart,
    FeatureSet,
    MadePart,
    different_labels,
    feature_parts,
    feature_record,
)
from posecap.shards.files import TableFile
from posecap.shards.making import FeatureJob
from posecap.shards.manifest import FeatureRecord, FileRecord, ShardManifest, TableRecord, write_manifest
from posecap.shards.reader import Shards, open_shards
from posecap.shards.settings import DEFAULT_ENCODER, Progress, Silent

if TYPE_CHECKING:
    from posecap.encoders import Encoder

WORK = ".embed"  # folder inside the shards for records of what is done
SAMPLE = 512  # captions whose tokens are counted to tell how long they are


@dataclass(frozen=True)
class EmbedConfig:
    """One run of `embed`; `context` "caption" has the encoder read whole captions."""

    path: Path
    encoder: str = DEFAULT_ENCODER
    granularities: tuple[str, ...] = ("sentence", "caption")
    context: str = "sentence"
    device: str | None = None
    batch_size: int = 64
    jobs: int = 1
    engine: str = "local"
    address: str | None = None


@dataclass(frozen=True)
class EmbedSummary:
    """What `embed` added: a record a feature set, bytes by table, seconds, and parts found done."""

    path: Path
    features: tuple[FeatureRecord, ...]
    bytes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    resumed_parts: int = 0


def embed(config: EmbedConfig, progress: Progress | None = None) -> EmbedSummary:
    """Add the feature sets of `config` to the shards; those that are there already stay as they are.

    Raises InputError for shards that are not whole, unknown names, an encoder that cannot be found,
    and for features of another model under the same name. A run that is killed loses at most the
    parts it was at.
    """
    from posecap.encoders import load_encoder

    progress, start = progress or Silent(), time.perf_counter()
    wanted = [FeatureSet.of(name, config.context) for name in dict.fromkeys(config.granularities)]
    Engine.of(config).check()
    open_shards(config.path)
    encoder = load_encoder(config.encoder, config.device, config.batch_size)
    with hold(config.path):
        shards = open_shards(config.path)
        missing = [one for one in wanted if not _is_there(shards, encoder, one)]
        parts = [part for one in missing for part in _parts(shards, encoder, one)]
        made, resumed = _make(config, shards, encoder, parts, progress)
        records = _add(shards, encoder, missing, made)
    sizes = {record.table: 0 for record in records}
    for part in made:
        sizes[part.target.rpartition("/")[0]] += part.file.size
    for record in records:
        warn_of_truncation(record, encoder, progress)
    return EmbedSummary(config.path, tuple(records), sizes, time.perf_counter() - start, resumed)


def warn_of_truncation(record: FeatureRecord, encoder: Encoder, progress: Progress) -> None:
    """Tell how many texts the model did not read to their end."""
    if record.truncated:
        progress.warn(
            f"{record.granularity} features: {record.truncated} of {record.texts} texts are longer than the "
            f"{encoder.info.max_tokens} tokens that {record.name} reads; what comes after is not in them"
        )


def _is_there(shards: Shards, encoder: Encoder, wanted: FeatureSet) -> bool:
    """InputError where features of other weights are under the same name."""
    for record in shards.manifest.features:
        if record.encoder != encoder.info.folder:
            continue
        if record.weights_sha256 != encoder.info.weights_sha256:
            raise InputError(
                f"{shards.path}: holds features of another model named {record.encoder} "
                f"(weights {record.weights_sha256[:12]}, now {encoder.info.weights_sha256[:12]})"
            )
        if (record.granularity, record.context) == (wanted.granularity, wanted.context):
            return True
    return False


def _parts(shards: Shards, encoder: Encoder, wanted: FeatureSet) -> list[FeaturePart]:
    rows = {
        path: shards.parquet(path).metadata.num_rows
        for table in ("captions", "sentences")
        for path in shards.files(table)
    }
    labels = different_labels(Path(shards.path) / "labels.parquet")
    if wanted.granularity == "label" and not labels:
        raise InputError(f"{shards.path}: has no action labels to embed")
    return feature_parts(encoder, wanted, rows, len(labels))


def _make(
    config: EmbedConfig, shards: Shards, encoder: Encoder, parts: list[FeaturePart], progress: Progress
) -> tuple[list[MadePart], int]:
    """All parts made, by this run or one before it, and how many were there."""
    root = Path(shards.path)
    clear_partial(root)
    job = FeatureJob(root, WORK, encoder, config.encoder, config.device, config.batch_size, Engine.of(config))
    done = job.done(parts)
    _announce(root, encoder, [part for part in parts if part.target not in done], progress)
    try:
        return job.make(parts, done, progress), len(done)
    except InputError:
        _remove(root, parts)
        raise
    except OSError as error:
        raise InputError(
            f"{error.filename or root}: {error.strerror or error}; what is done is kept, "
            "the same command goes on from there"
        ) from error


def _announce(root: Path, encoder: Encoder, todo: list[FeaturePart], progress: Progress) -> None:
    """Before whole captions are read: how many, how long, how many bytes."""
    import pyarrow.parquet as pq

    whole = [part for part in todo if part.wanted.context == "caption" and part.wanted.is_encoded]
    for granularity in dict.fromkeys(part.wanted.granularity for part in whole):
        parts = [part for part in whole if part.wanted.granularity == granularity]
        count = sum(part.texts for part in parts)
        first = next(pq.ParquetFile(root / parts[0].source).iter_batches(SAMPLE, columns=["caption"]))
        lengths = encoder.count_tokens(first.column("caption").to_pylist())
        limit = encoder.info.max_tokens
        kept = lengths.clip(max=limit) if limit else lengths
        info = encoder.info
        width = kept.mean() * info.token_dimension if granularity == "token" else info.dimension
        progress.note(
            f"{granularity} features of {count:,} whole captions of about {lengths.mean():.0f} tokens "
            f"(up to {lengths.max()} in the first {len(lengths)}), {count * width * 2 / 1e6:,.1f} MB"
        )


def _add(
    shards: Shards, encoder: Encoder, wanted: list[FeatureSet], made: list[MadePart]
) -> list[FeatureRecord]:
    """Put the new feature sets into the manifest, atomically."""
    root = Path(shards.path)
    records = []
    for one in wanted:
        own = [part for part in made if part.target.rpartition("/")[0] == one.table(encoder)]
        records.append(feature_record(encoder, one, own))
    if records:
        write_manifest(root, extended(shards.manifest, records, [part.file for part in made]))
    shutil.rmtree(root / WORK, ignore_errors=True)
    return records


def extended(manifest: ShardManifest, records: list[FeatureRecord], files: list[TableFile]) -> ShardManifest:
    """The manifest with feature sets and their files added."""
    tables: dict[str, TableRecord] = {**manifest.tables, **table_records(files)}
    new = {file.path: FileRecord(size=file.size, sha256=file.sha256) for file in files}
    return manifest.model_copy(
        update={
            "features": (*manifest.features, *records),
            "tables": dict(sorted(tables.items())),
            "files": {**manifest.files, **new},
        }
    )


def _remove(root: Path, parts: list[FeaturePart]) -> None:
    """Take away what a failed run made."""
    for part in parts:
        (root / part.target).unlink(missing_ok=True)
    for folder in sorted({root / part.target.rpartition("/")[0] for part in parts}):
        for empty in (folder, folder.parent, folder.parent.parent):
            if empty.is_dir() and not any(empty.iterdir()):
                empty.rmdir()
    shutil.rmtree(root / WORK, ignore_errors=True)
