"""Sentence-transformers models: one pooled vector per text."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from posecap.encoders.base import EncoderInfo
from posecap.encoders.weights import Weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class SentenceEncoder:
    """A frozen sentence-transformers model."""

    def __init__(self, weights: Weights, device: str | None, batch_size: int) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._model = SentenceTransformer(str(weights.path), device=device, local_files_only=True)
        self._model.eval()
        self._batch_size = batch_size
        self.truncated = 0
        self.info = EncoderInfo(
            name=weights.name,
            revision=weights.revision,
            weights_sha256=weights.sha256,
            dimension=_dimension(self._model),
            pooling=self._pooling(),
            max_tokens=int(self._model.max_seq_length or 0),
        )

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, dimension) float16, one vector per text; texts that are too long are counted."""
        if not texts:
            return np.zeros((0, self.info.dimension), np.float16)
        self.truncated += self._count_too_long(texts)
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, convert_to_numpy=True, show_progress_bar=False
        )
        return vectors.astype(np.float16)

    def _count_too_long(self, texts: list[str]) -> int:
        tokens = self._model.tokenizer(texts, truncation=False, verbose=False)["input_ids"]
        return sum(len(ids) > self.info.max_tokens for ids in tokens)

    def _pooling(self) -> str:
        """Such as "mean, normalize"."""
        words = []
        for module in self._model:
            mode = getattr(module, "pooling_mode", None)
            if mode is not None:
                words.append(mode if isinstance(mode, str) else "+".join(mode))
            elif type(module).__name__ == "Normalize":
                words.append("normalize")
        return ", ".join(words)


def _dimension(model: SentenceTransformer) -> int:
    # the method was renamed in sentence-transformers 5.3
    get = getattr(model, "get_embedding_dimension", None) or model.get_sentence_embedding_dimension
    return int(get() or 0)
