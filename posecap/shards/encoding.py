"""Making one part of a feature set: texts to vectors, or means of the bank's vectors.

A part is a pure function of one source file (the bank, the labels, or one file of captions) and the
encoder; batches follow the order of that file, so who makes it changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from posecap.errors import InputError
from posecap.shards import schema
from posecap.shards.features import FeaturePart, FeatureSet, MadePart, different_labels
from posecap.shards.files import write_table
from posecap.shards.tables import vector_array

if TYPE_CHECKING:
    from posecap.encoders import Encoder

ROWS = 4096  # texts of a row group, and of what is held in memory
TOGETHER = 256  # texts whose sentences' vectors are held side by side


class FeatureMaker:
    """Makes the parts that one encoder reads; the bank is embedded once, when it is first needed."""

    def __init__(self, root: Path, encoder: Encoder) -> None:
        self.root = root
        self.encoder = encoder

    def make(self, part: FeaturePart) -> MadePart:
        """Write the file of one part."""
        info, wanted = self.encoder.info, part.wanted
        is_token = wanted.granularity == "token"
        dimension = info.token_dimension if is_token else info.dimension
        target = (schema.token_features if is_token else schema.features)(wanted.key, dimension)
        counts = _Counts()
        file = write_table(self.root, part.target, self._groups(part, counts), target)
        return MadePart(part.target, file, counts.texts, counts.truncated)

    def _groups(self, part: FeaturePart, counts: _Counts) -> Iterator[pa.Table]:
        wanted = part.wanted
        for ids, texts in _texts(self.root / part.source, wanted):
            if wanted.granularity == "sentence":
                yield _vector_table(wanted.key, ids, self.bank[counts.texts : counts.texts + len(texts)])
            else:
                yield self._encode(wanted, ids, texts)
            counts.texts += len(texts)
            counts.truncated += self._count_truncated(texts)

    def _encode(self, wanted: FeatureSet, ids: pa.Array, texts: list[str]) -> pa.Table:
        if wanted.granularity == "token":
            tokens = self.encoder.encode_tokens(texts)
            return _token_table(wanted.key, ids, [self._finite(one) for one in tokens])
        return _vector_table(wanted.key, ids, self._finite(self.encoder.encode(texts)))

    def _count_truncated(self, texts: list[str]) -> int:
        limit = self.encoder.info.max_tokens
        return int((self.encoder.count_tokens(texts) > limit).sum()) if limit else 0

    @cached_property
    def bank(self) -> np.ndarray:
        """(S, D) float16 vectors of the bank's sentences."""
        texts = pq.read_table(self.root / "sentences.parquet", columns=["sentence"])["sentence"].to_pylist()
        return self._finite(self.encoder.encode(texts))

    def _finite(self, vectors: np.ndarray) -> np.ndarray:
        if not np.isfinite(vectors).all():
            raise InputError(
                f"encoder {self.encoder.info.name}: gives features that are not finite in float16"
            )
        return vectors


@dataclass
class FeatureWork:
    """The parts of a run, for an engine: items are feature parts.

    `maker` serves the process that made it; other workers load the encoder themselves.
    """

    root: Path
    encoder: str
    device: str | None
    batch_size: int
    maker: FeatureMaker | None = None
    threads: int = 1
    forks: bool = False

    def __getstate__(self) -> dict[str, Any]:
        import torch

        return {**self.__dict__, "maker": None, "threads": torch.get_num_threads()}

    def prepare(self) -> Callable[[FeaturePart], MadePart]:
        """The function that makes a part."""
        if self.maker is None:
            import torch

            from posecap.encoders import load_encoder

            # the same number of threads everywhere, so that sums are taken in the same order
            torch.set_num_threads(self.threads)
            encoder = load_encoder(self.encoder, self.device, self.batch_size)
            self.maker = FeatureMaker(self.root, encoder)
        return self.maker.make


@dataclass
class MeanWork:
    """Parts of caption features that are means of the bank's vectors (S, D): no model is needed for them."""

    root: Path
    bank: np.ndarray
    forks: bool = False

    def prepare(self) -> Callable[[FeaturePart], MadePart]:
        """The function that makes a part."""
        return self._make

    def _make(self, part: FeaturePart) -> MadePart:
        target = schema.features(part.wanted.key, self.bank.shape[1])
        file = write_table(self.root, part.target, self._groups(part), target)
        return MadePart(part.target, file, file.rows, 0)

    def _groups(self, part: FeaturePart) -> Iterator[pa.Table]:
        for ids, sentences in caption_sentences(self.root / part.source):
            yield _vector_table(part.wanted.key, ids, caption_means(sentences, self.bank))


@dataclass
class _Counts:
    """Texts read so far, and how many of them were too long."""

    texts: int = 0
    truncated: int = 0


def caption_sentences(path: Path) -> Iterator[tuple[pa.Array, pa.Array]]:
    """Ids and sentences of a captions file, some thousand rows at a time."""
    columns = ["caption_id", "sentences.list.element.sentence_ids"]
    for batch in pq.ParquetFile(path).iter_batches(ROWS, columns=columns):
        yield batch.column("caption_id"), batch.column("sentences")


def caption_means(sentences: pa.Array, bank: np.ndarray) -> np.ndarray:
    """(N, D) float16: of each caption the mean of its bank sentences' vectors; zero if it has none."""
    inner = sentences.flatten().field("sentence_ids")
    ends = np.concatenate([[0], np.cumsum(np.diff(inner.offsets.to_numpy()))])
    offsets = sentences.offsets.to_numpy()
    return mean_of_rows(bank, inner.flatten().to_numpy(), ends[offsets - offsets[0]])


def mean_of_rows(bank: np.ndarray, ids: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    """(N, D) float16 means of the bank's rows `ids[bounds[i]:bounds[i + 1]]`, zero where there are none."""
    wide, count = bank.astype(np.float32), len(bounds) - 1
    means = np.zeros((count, bank.shape[1]), np.float16)
    for start in range(0, count, TOGETHER):
        some = bounds[start : start + TOGETHER + 1]
        means[start : start + TOGETHER] = _means(wide, ids[some[0] : some[-1]], some - some[0])
    return means


def _means(bank: np.ndarray, ids: np.ndarray, bounds: np.ndarray) -> np.ndarray:
    counts = np.diff(bounds)
    total = np.zeros((len(counts), bank.shape[1]), np.float32)
    full = counts > 0
    if full.any():
        total[full] = np.add.reduceat(bank[ids], bounds[:-1][full], axis=0)
    return total / np.maximum(counts, 1)[:, None]


def _texts(path: Path, wanted: FeatureSet) -> Iterator[tuple[pa.Array, list[str]]]:
    """Ids and texts of a file, some thousand at a time, in the file's order."""
    if wanted.source == "labels":
        labels = different_labels(path)
        yield pa.array(labels, pa.string()), labels
        return
    text = "caption" if wanted.source == "captions" else "sentence"
    for batch in pq.ParquetFile(path).iter_batches(ROWS, columns=[wanted.key, text]):
        yield batch.column(wanted.key), batch.column(text).to_pylist()


def _vector_table(key: str, ids: pa.Array, vectors: np.ndarray) -> pa.Table:
    return pa.table([ids, vector_array(vectors)], schema=schema.features(key, vectors.shape[1]))


def _token_table(key: str, ids: pa.Array, tokens: list[np.ndarray]) -> pa.Table:
    lengths = np.array([len(one) for one in tokens])
    numbers = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = pa.array(np.repeat(np.arange(len(tokens)), lengths))
    vectors = np.concatenate(tokens)
    columns = [ids.take(rows), pa.array(numbers.astype(np.int32)), vector_array(vectors)]
    return pa.table(columns, schema=schema.token_features(key, vectors.shape[1]))
