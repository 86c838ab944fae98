"""Sentence-transformers models: one pooled vector per text."""

from __future__ import annotations

from typing import Any

import numpy as np

from posecap.encoders.base import EncoderInfo
from posecap.encoders.weights import Weights


class SentenceEncoder:
    """A frozen sentence-transformers model."""

    def __init__(self, weights: Weights, device: str | None, batch_size: int) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self._model = SentenceTransformer(str(weights.path), device=device, local_files_only=True)
        self._model.eval()
        self._batch_size = batch_size
        self.info = EncoderInfo(
            name=weights.name,
            revision=weights.revision,
            weights_sha256=weights.sha256,
            dimension=_dimension(self._model),
            token_dimension=_dimension(self._model[0]),
            pooling=self._pooling(),
            max_tokens=int(self._model.max_seq_length or 0),
        )

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, dimension) float16, one vector per text."""
        if not texts:
            return np.zeros((0, self.info.dimension), np.float16)
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, convert_to_numpy=True, show_progress_bar=False
        )
        return vectors.astype(np.float16)

    def encode_tokens(self, texts: list[str]) -> list[np.ndarray]:
        """For each text (tokens, token_dimension) float16, without padding."""
        vectors = self._model.encode(
            texts, batch_size=self._batch_size, output_value="token_embeddings", show_progress_bar=False
        )
        return [one.cpu().numpy().astype(np.float16) for one in vectors]

    def count_tokens(self, texts: list[str]) -> np.ndarray:
        """(n,) tokens of each text."""
        ids = self._model.tokenizer(texts, truncation=False, verbose=False)["input_ids"] if texts else []
        return np.array([len(one) for one in ids], np.int64)

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


def _dimension(module: Any) -> int:
    """Of the whole model or its first module; the methods were renamed in sentence-transformers 5.3."""
    old = "get_sentence_embedding_dimension", "get_word_embedding_dimension"
    name = next(name for name in ("get_embedding_dimension", *old) if hasattr(module, name))
    return int(getattr(module, name)() or 0)
