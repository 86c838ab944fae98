"""Captions of posecode states: each different state is written once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from posecap.captions import canonical, simple
from posecap.captions.bank import Words
from posecap.captions.concise import make_concise
from posecap.captions.hashing import hash_rows, salted
from posecap.captions.language import load_language
from posecap.captions.natural import write as natural
from posecap.captions.types import Caption, CaptionSentence
from posecap.errors import InputError, unknown_name
from posecap.posecodes.definitions import Definitions

Writer = Callable[[np.ndarray, np.ndarray, Words], list[Caption]]
STYLES: dict[str, Writer] = {"canonical": canonical.write, "simple": simple.write, "natural": natural.write}
BLOCK = 1 << 15  # states written at once
MAX_ATTEMPTS = 12  # to word a variant unlike the ones before it


def caption_states(
    selected: np.ndarray,
    definitions: Definitions,
    style: str = "canonical",
    seed: int = 0,
    variants: int = 1,
    language: str = "en",
    *,
    concise: bool = False,
) -> list[list[Caption]]:
    """Captions of posecode states.

    `selected` is (N, S) bool: which statements are told in each of N frames. Gives a list over
    frames of a list over variants. Equal rows share their captions; a caption depends on its row,
    the seed and the variant alone. `concise` leaves out what follows from what is told. Raises
    InputError for an unknown style.
    """
    if style not in STYLES:
        raise unknown_name("style", style, STYLES)
    if variants < 1:
        raise InputError(f"captions per frame: expected at least 1, got {variants}")
    selected = np.asarray(selected, bool)
    if selected.ndim != 2 or selected.shape[1] != len(definitions.statements):
        raise InputError(f"selected: expected (N, {len(definitions.statements)}), got {selected.shape}")
    states, state_of = unique_rows(selected)
    if concise:
        states = make_concise(states, definitions)
    written: list[list[Caption]] = []
    words = Words(definitions, load_language(language))
    for start in range(0, len(states), BLOCK):
        written += _write_block(states[start : start + BLOCK], words, style, seed, variants)
    return [written[index] for index in state_of.tolist()]


def _write_block(
    states: np.ndarray, words: Words, style: str, seed: int, variants: int
) -> list[list[Caption]]:
    nothing = words.language.nothing
    fallback = Caption(nothing, (CaptionSentence(nothing, ()),))
    hashes = hash_rows(states, seed)
    told = states.any(1)
    written: list[list[Caption]] = [[] for _ in states]
    for variant in range(variants):
        rows = np.flatnonzero(told)
        for attempt in range(MAX_ATTEMPTS):
            texts = STYLES[style](states[rows], salted(hashes[rows], variant + 1000 * attempt), words)
            rows = _place(rows, texts, written, variant)
            if not len(rows) or style == "canonical":
                break
        for index in np.flatnonzero(~told):
            written[index].append(fallback)
    return written


def _place(
    rows: np.ndarray, captions: list[Caption], written: list[list[Caption]], variant: int
) -> np.ndarray:
    """Put the captions in their places; the rows whose text an earlier variant has already."""
    again = []
    for row, caption in zip(rows.tolist(), captions, strict=True):
        own = written[row]
        if variant and any(caption.text == one.text for one in own[:variant]):
            again.append(row)
        own[variant:] = [caption]
    return np.array(again, np.intp)


def unique_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Different rows (U, S) of a bool array (N, S) and, for each row, its place among them (N,).

    Neighbouring frames are mostly equal, so runs are cut first and only their heads are sorted.
    """
    if not len(rows):
        return rows, np.zeros(0, np.intp)
    packed = np.packbits(rows, axis=1)
    is_head = np.ones(len(rows), bool)
    is_head[1:] = (packed[1:] != packed[:-1]).any(1)
    heads = np.ascontiguousarray(packed[is_head])
    keys = heads.view(np.dtype((np.void, heads.shape[1]))).ravel()
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return rows[is_head][first], inverse.ravel()[np.cumsum(is_head) - 1]
