"""Text of a batch for the alignments: a bank of features on the training device, and ids into it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lifting.recipes import AlignmentChoice
from lifting.training.facts import TextFacts, facts_of
from lifting.training.identity import check_model
from lifting.training.parts import statements_about
from posecap.errors import InputError
from posecap.shards import Features, Shards

if TYPE_CHECKING:
    from lifting.alignment import TextBatch


class TextSource:
    """Gives a batch's text. The bank (S, D) lies on the device once; batches carry ids only.

    tokens: (S, L) rows of the bank for every text id, -1 padded, where texts are token by token;
    facts: of the statements that ids stand for; hidden: (S,) bool, texts that are withheld.
    """

    def __init__(
        self,
        bank: np.ndarray,
        device: torch.device,
        tokens: np.ndarray | None = None,
        facts: TextFacts = TextFacts(),
        hidden: np.ndarray | None = None,
    ) -> None:
        self.facts = facts
        self._hidden = None if hidden is None else torch.as_tensor(hidden, device=device)
        self.bank = torch.as_tensor(np.asarray(bank, np.float32), device=device)
        self._tokens = None if tokens is None else torch.as_tensor(tokens, device=device)

    @property
    def dimension(self) -> int:
        """D, the width of a text vector."""
        return int(self.bank.shape[1])

    def told(self, batch: dict[str, Tensor]) -> Tensor:
        """(B, F, M) ids of the texts of a batch that are not withheld, -1 padded."""
        ids = batch["sentence_ids"].long()
        return ids if self._hidden is None else ids.masked_fill(self._hidden[ids.clamp(min=0)], -1)

    def of(self, batch: dict[str, Tensor]) -> TextBatch:
        """The text of a batch of clips."""
        from lifting.alignment import TextBatch

        ids = self.told(batch)
        if self._tokens is not None:
            rows = self._tokens[ids.clamp(min=0)]
            ids = torch.where(ids[..., None] >= 0, rows, -1).flatten(-2)
        return TextBatch(
            ids=ids,
            bank=self.bank,
            mask=ids >= 0,
            categories=batch.get("categories"),
            up=batch.get("up"),
            weight=batch.get("weight"),
        )


def text_of_shards(
    shards: Shards, choice: AlignmentChoice, device: torch.device, needs_features: bool = True
) -> tuple[TextSource, dict[str, Any] | None]:
    """The bank that the recipe asks for and the record of the model that made it.

    Without `needs_features` the bank is empty vectors: some alignments read only what is stated.
    """
    hidden = _hidden(shards, choice)
    if not needs_features:
        empty = np.zeros((shards.manifest.definitions.sentences, 1))
        return TextSource(empty, device, None, facts_of(shards), hidden), None
    record = shards.feature_record(choice.encoder, choice.granularity)
    check_model(record, choice.encoder_sha256, shards.path)
    features = shards.features(choice.encoder, choice.granularity)
    _check_rows(shards, features, choice.granularity)
    tokens = None if features.offsets is None else _token_table(features.offsets)
    return TextSource(features.vectors, device, tokens, facts_of(shards), hidden), features.record.model_dump(
        mode="json"
    )


def _hidden(shards: Shards, choice: AlignmentChoice) -> np.ndarray | None:
    """(S,) bool: sentences about the parts of the body that the recipe leaves out."""
    if not choice.without_parts:
        return None
    if choice.granularity == "caption":
        raise InputError("alignment.without_parts: whole captions cannot leave out a part, use sentences")
    return statements_about(choice.without_parts, shards.sentences()["roles"].to_pylist())


def _check_rows(shards: Shards, features: Features, granularity: str) -> None:
    """Ids of a batch are rows of the bank, so the bank must hold every text, in order."""
    expected = (
        shards.caption_mirrors[0] if granularity == "caption" else np.arange(len(shards.sentence_mirrors))
    )
    if not np.array_equal(features.ids, expected):
        raise InputError(f"{shards.path}: the {granularity} features are not those of its {granularity}s")


def _token_table(offsets: np.ndarray) -> np.ndarray:
    """(S, L) rows of each text's tokens, -1 padded."""
    lengths = np.diff(offsets)
    columns = np.arange(lengths.max(initial=1))
    return np.where(columns < lengths[:, None], offsets[:-1, None] + columns, -1).astype(np.int64)
