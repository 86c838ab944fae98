"""Any Hugging Face text model: BERT, RoBERTa, T5 encoders, CLIP text towers, and their kin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from posecap.encoders.base import EncoderInfo
from posecap.encoders.weights import Weights

# model types whose text vector is not the mean of the token states: (model class, pooling)
CLIP = ("clip", "clip_text_model")
SEQ2SEQ = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
NO_LIMIT = 1_000_000  # tokenizers without a limit of their own tell a huge number


class TextEncoder:
    """A frozen transformers model.

    A text's vector is the mean of its last hidden states, special tokens included. Of CLIP it is the
    state of the end token, projected into the space shared with images where the files hold that
    projection. Tokens are the last hidden states (of CLIP after its final norm).
    """

    def __init__(self, weights: Weights, device: str | None, batch_size: int) -> None:
        import torch
        from transformers import AutoConfig, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        path = str(weights.path)
        config = AutoConfig.from_pretrained(path, local_files_only=True)
        self._tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
        self._model, self._pooling = _load_model(path, config)
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self._model.to(self._device).eval()
        self._batch_size = batch_size
        text = getattr(config, "text_config", config)
        width = int(text.hidden_size)
        self.info = EncoderInfo(
            name=weights.name,
            revision=weights.revision,
            weights_sha256=weights.sha256,
            dimension=int(text.projection_dim or width) if "projected" in self._pooling else width,
            token_dimension=width,
            pooling=self._pooling,
            max_tokens=_max_tokens(self._tokenizer, text),
        )

    def encode(self, texts: list[str]) -> np.ndarray:
        """(n, dimension) float16, one vector per text."""
        parts = [self._pool(output, mask) for output, mask in self._outputs(texts)]
        return np.concatenate([np.zeros((0, self.info.dimension), np.float16), *parts])

    def encode_tokens(self, texts: list[str]) -> list[np.ndarray]:
        """For each text (tokens, token_dimension) float16, without padding."""
        found = []
        for output, mask in self._outputs(texts):
            states = output.last_hidden_state.float().cpu().numpy().astype(np.float16)
            found += [row[keep] for row, keep in zip(states, mask.cpu().numpy().astype(bool), strict=True)]
        return found

    def count_tokens(self, texts: list[str]) -> np.ndarray:
        """(n,) tokens of each text."""
        ids = self._tokenizer(texts, truncation=False, verbose=False)["input_ids"] if texts else []
        return np.array([len(one) for one in ids], np.int64)

    def _outputs(self, texts: list[str]) -> Iterator[tuple[Any, Any]]:
        """Model output and attention mask of each batch, in the order of the texts."""
        import torch

        limit = self.info.max_tokens
        for start in range(0, len(texts), self._batch_size):
            batch = self._tokenizer(
                texts[start : start + self._batch_size],
                padding=True,
                truncation=bool(limit),
                max_length=limit or None,
                return_tensors="pt",
            ).to(self._device)
            inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
            with torch.inference_mode():
                yield self._model(**inputs), batch["attention_mask"]

    def _pool(self, output: Any, mask: Any) -> np.ndarray:
        if self._pooling == "end token, projected":
            pooled = output.text_embeds
        elif self._pooling == "end token":
            pooled = output.pooler_output
        else:
            weight = mask[..., None].to(output.last_hidden_state.dtype)
            pooled = (output.last_hidden_state * weight).sum(1) / weight.sum(1)
        return pooled.float().cpu().numpy().astype(np.float16)


def _load_model(path: str, config: Any) -> tuple[Any, str]:
    """The text model and how its vectors are pooled."""
    import transformers

    options = {"local_files_only": True, "dtype": "float32"}
    if config.model_type in CLIP:
        is_projected = any("Projection" in name or name == "CLIPModel" for name in config.architectures or ())
        member = "CLIPTextModelWithProjection" if is_projected else "CLIPTextModel"
        model = getattr(transformers, member).from_pretrained(path, **options)
        return model, "end token, projected" if is_projected else "end token"
    if config.model_type in SEQ2SEQ:
        return getattr(transformers, SEQ2SEQ[config.model_type]).from_pretrained(path, **options), "mean"
    return transformers.AutoModel.from_pretrained(path, **options), "mean"


def _max_tokens(tokenizer: Any, config: Any) -> int:
    """Longest input: what tokenizer and position table both allow, 0 where neither has a limit."""
    limits = [int(tokenizer.model_max_length)]
    positions = getattr(config, "max_position_embeddings", None)
    if positions:
        # RoBERTa counts positions from after its padding index
        is_offset = config.model_type in ("roberta", "xlm-roberta", "camembert")
        limits.append(int(positions) - (int(config.pad_token_id) + 1 if is_offset else 0))
    limit = min(limits)
    return 0 if limit >= NO_LIMIT else limit
