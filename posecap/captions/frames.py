"""Captions of poses, in one call: joints in, texts (and what they say) out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from posecap.captions.states import caption_states
from posecap.captions.types import Caption
from posecap.posecodes.definitions import Statement


@dataclass(frozen=True)
class ExplainedSentence:
    """A sentence of a caption with the statements that it makes."""

    text: str
    statements: tuple[Statement, ...]


def caption(
    joints: np.ndarray, skeleton: str = "h36m17", style: str = "natural", seed: int = 0, **extraction: Any
) -> list[str]:
    """One caption per frame of joints (N, J, 3), metres.

    `extraction` goes to `posecap.extract`: definitions, frame ("body", "camera", "as-is"), up, ...
    """
    _, captions = _write(joints, skeleton, style, seed, extraction)
    return [one.text for one in captions]


def explain(
    joints: np.ndarray, skeleton: str = "h36m17", style: str = "natural", seed: int = 0, **extraction: Any
) -> list[list[ExplainedSentence]]:
    """Per frame of joints (N, J, 3), metres: the caption's sentences with the statements each makes."""
    statements, captions = _write(joints, skeleton, style, seed, extraction)
    return [
        [
            ExplainedSentence(one.text, tuple(statements[i] for i in one.statement_ids))
            for one in own.sentences
        ]
        for own in captions
    ]


def _write(
    joints: np.ndarray, skeleton: str, style: str, seed: int, extraction: dict[str, Any]
) -> tuple[tuple[Statement, ...], list[Caption]]:
    from posecap.posecodes import extract

    codes = extract(joints, skeleton=skeleton, **extraction)
    captions = caption_states(codes.selected(), codes.definitions, style=style, seed=seed)
    return codes.definitions.statements, [variants[0] for variants in captions]
