"""Captions of poses, in one call: joints in, texts (and what they say) out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from posecap.captions.action import with_action
from posecap.captions.states import caption_states
from posecap.captions.types import Caption
from posecap.posecodes.definitions import Statement
from posecap.posecodes.statements import statements_without


@dataclass(frozen=True)
class ExplainedSentence:
    """A sentence of a caption with the statements that it makes."""

    text: str
    statements: tuple[Statement, ...]


def caption(
    joints: np.ndarray,
    skeleton: str = "h36m17",
    style: str = "natural",
    seed: int = 0,
    *,
    without: Sequence[str] = (),
    action: str = "",
    concise: bool = False,
    language: str = "en",
    **extraction: Any,
) -> list[str]:
    """One caption per frame of joints (N, J, 3), metres.

    Args:
        joints: poses of `skeleton`.
        style: "canonical", "simple" or "natural".
        seed: chooses the wording, together with the pose.
        without: body parts of which nothing is told, such as `head` or `left_hand`.
        action: label of the activity, named in a sentence in front.
        concise: leave out what follows from what is told.
        extraction: goes to `posecap.extract`: definitions, frame ("body", "camera", "as-is"), up, ...
    """
    options = _Options(style, seed, tuple(without), action, concise, language)
    return [one.text for one in _write(joints, skeleton, options, extraction)[1]]


def explain(
    joints: np.ndarray,
    skeleton: str = "h36m17",
    style: str = "natural",
    seed: int = 0,
    *,
    without: Sequence[str] = (),
    action: str = "",
    concise: bool = False,
    language: str = "en",
    **extraction: Any,
) -> list[list[ExplainedSentence]]:
    """Per frame: the sentences of `caption` (same arguments) with the statements that each makes."""
    options = _Options(style, seed, tuple(without), action, concise, language)
    statements, captions = _write(joints, skeleton, options, extraction)
    return [
        [
            ExplainedSentence(one.text, tuple(statements[i] for i in one.statement_ids))
            for one in own.sentences
        ]
        for own in captions
    ]


class _Options(NamedTuple):
    style: str
    seed: int
    without: tuple[str, ...]
    action: str
    concise: bool
    language: str


def _write(
    joints: np.ndarray, skeleton: str, options: _Options, extraction: dict[str, Any]
) -> tuple[tuple[Statement, ...], list[Caption]]:
    from posecap.posecodes import extract

    codes = extract(joints, skeleton=skeleton, **extraction)
    definitions, selected = codes.definitions, codes.selected()
    if options.without:
        selected &= statements_without(definitions, options.without)
    captions = caption_states(
        selected, definitions, options.style, options.seed, 1, options.language, concise=options.concise
    )
    return definitions.statements, [with_action(own[0], options.action, options.language) for own in captions]
