"""Text features of the shards: each different text is embedded once, float16."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posecap.errors import InputError, unknown_name
from posecap.shards import schema
from posecap.shards.files import TableFile, write_table
from posecap.shards.manifest import FeatureRecord
from posecap.shards.settings import Progress
from posecap.shards.tables import vector_array

if TYPE_CHECKING:
    from posecap.encoders import Encoder

GRANULARITIES = ("sentence", "caption")


@dataclass(frozen=True)
class FeatureJob:
    """Which model makes which features."""

    encoder: str
    granularities: tuple[str, ...] = ("sentence", "caption")
    device: str | None = None
    batch_size: int = 64

    def check(self) -> None:
        """InputError for a granularity that does not exist."""
        for name in self.granularities:
            if name not in GRANULARITIES:
                raise unknown_name("granularity", name, GRANULARITIES)


def feature_tables(
    root: Path, job: FeatureJob, files: list[TableFile], progress: Progress
) -> tuple[list[FeatureRecord], list[TableFile]]:
    """Write the features of `job` for the shards in `root`, whose tables are `files`."""
    from posecap.encoders import load_encoder

    job.check()
    encoder = load_encoder(job.encoder, device=job.device, batch_size=job.batch_size)
    folder = f"features/{encoder.info.folder}"
    records, made = [], []
    bank = _bank_vectors(root, encoder, progress)
    for granularity in job.granularities:
        if granularity == "sentence":
            table = _vector_table("sentence_id", np.arange(len(bank), dtype=np.int32), bank)
            path = f"{folder}/sentence/part-00000.parquet"
            written = [write_table(root, path, [table], table.schema)]
        else:
            parts = sorted(file.path for file in files if file.path.startswith("captions/"))
            written = [_mean_part(root, part, folder, bank, progress) for part in parts]
        made += written
        records.append(_record(encoder, granularity, sum(file.rows for file in written)))
    return records, made


def _record(encoder: Encoder, granularity: str, texts: int) -> FeatureRecord:
    info = encoder.info
    return FeatureRecord(
        encoder=info.folder,
        granularity=granularity,  # type: ignore[arg-type]
        context="sentence",
        name=info.name,
        revision=info.revision,
        weights_sha256=info.weights_sha256,
        dimension=info.dimension,
        pooling=info.pooling,
        dtype="float16",
        texts=texts,
        truncated=encoder.truncated,
    )


def _bank_vectors(root: Path, encoder: Encoder, progress: Progress) -> np.ndarray:
    """(S, D) float16 features of the bank, in id order."""
    texts = pq.read_table(root / "sentences.parquet", columns=["sentence"])["sentence"].to_pylist()
    progress.start("features", len(texts), "texts")
    vectors = encoder.encode(texts)
    progress.advance("features", len(texts))
    progress.finish("features")
    if encoder.truncated:
        limit = encoder.info.max_tokens
        progress.warn(f"{encoder.truncated} of {len(texts)} sentences are cut to the model's {limit} tokens")
    if not np.isfinite(vectors).all():
        raise InputError(f"encoder {encoder.info.name}: gives features that are not finite in float16")
    return vectors


def _mean_part(root: Path, captions: str, folder: str, bank: np.ndarray, progress: Progress) -> TableFile:
    """Caption features of one captions file: the mean of the vectors of each one's bank sentences."""

    def groups() -> Iterator[pa.Table]:
        file = pq.ParquetFile(root / captions)
        for batch in file.iter_batches(8192, columns=["caption_id", "sentences.list.element.sentence_ids"]):
            ids = batch.column("caption_id").to_numpy()
            yield _vector_table("caption_id", ids, _means(batch.column("sentences"), bank))

    name = captions.rpartition("/")[2]
    return write_table(
        root, f"{folder}/caption/{name}", groups(), schema.features("caption_id", bank.shape[1])
    )


def _means(sentences: pa.Array, bank: np.ndarray) -> np.ndarray:
    """(N, D) float16; a caption that makes no statement has the zero vector."""
    inner = sentences.flatten().field("sentence_ids")
    lengths = np.diff(inner.offsets.to_numpy())
    ends = np.concatenate([[0], np.cumsum(lengths)])
    bounds = ends[sentences.offsets.to_numpy() - sentences.offsets[0].as_py()]
    return mean_of_rows(bank, inner.flatten().to_numpy(), bounds)


def mean_of_rows(bank: np.ndarray, ids: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """(N, D) float16 means of the bank's rows `ids[bounds[i]:bounds[i + 1]]`, zero where there are none."""
    counts = np.diff(bounds)
    total = np.zeros((len(counts), bank.shape[1]), np.float32)
    full = counts > 0
    if full.any():
        total[full] = np.add.reduceat(bank.astype(np.float32)[ids], bounds[:-1][full], axis=0)
    return (total / np.maximum(counts, 1)[:, None]).astype(np.float16)


def _vector_table(key: str, ids: np.ndarray, vectors: np.ndarray) -> pa.Table:
    target = schema.features(key, vectors.shape[1])
    return pa.table([pa.array(ids), vector_array(vectors)], schema=target)
