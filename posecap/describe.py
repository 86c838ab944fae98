"""A file of poses in words: captions of its frames, or all that stands behind one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posecap.captions import caption_states, with_action
from posecap.captions.types import Caption
from posecap.errors import InputError
from posecap.io import read_poses, told_up
from posecap.mining.occurrence import mark_of
from posecap.posecodes import Posecodes, Statement, extract, load_definitions
from posecap.posecodes.statements import statements_without
from posecap.skeletons import load_skeleton


@dataclass(frozen=True)
class Options:
    """How a file's poses are meant and told, as in `posecap.caption`; None takes the skeleton's own."""

    skeleton: str = "h36m17"
    up: str | None = None
    unit: str | None = None
    definitions: str | None = None
    frame: str = "body"
    style: str = "natural"
    seed: int = 0
    variants: int = 1
    without: tuple[str, ...] = ()
    action: str = ""
    concise: bool = False
    language: str = "en"


def describe_file(path: str | Path, options: Options, frames: str = "") -> list[dict[str, Any]]:
    """One row a frame and variant: frame and caption. `frames` is as in `parse_frames`."""
    _, chosen, captions = _tell(path, options, frames)
    return [
        {"frame": int(frame), **({"variant": v} if options.variants > 1 else {}), "caption": caption.text}
        for frame, own in zip(chosen, captions, strict=True)
        for v, caption in enumerate(own)
    ]


def explain_file(path: str | Path, options: Options, frames: str = "") -> list[dict[str, Any]]:
    """One row a frame and posecode: its value, category and mark, and what became of it in the caption."""
    codes, chosen, captions = _tell(path, options, frames)
    explainer = _Explainer(codes, options.without)
    return [
        row for frame, own in zip(chosen, captions, strict=True) for row in explainer.rows(int(frame), own[0])
    ]


def parse_frames(text: str, num_frames: int) -> np.ndarray:
    """Frame numbers named by `text`: "7", "0,7,9", "10:20", "::25"; "" is all.

    InputError for anything else, for a frame that is not there, and where no frame is named.
    """
    if not text:
        return np.arange(num_frames)
    try:
        parts = [[int(n) if n else None for n in part.split(":")] for part in text.split(",")]
        chosen = [frame for part in parts for frame in _numbers(part, num_frames)]
    except ValueError as error:
        raise InputError(
            f"frames '{text}': expected numbers and START:STOP:STEP, e.g. 0,10:20,::25"
        ) from error
    if not chosen or max(chosen) >= num_frames:
        raise InputError(f"frames '{text}': there are {num_frames} frames, 0 to {num_frames - 1}")
    return np.array(chosen)


def _numbers(part: list[int | None], num_frames: int) -> list[int] | range:
    if len(part) > 3 or any(number is not None and number < 0 for number in part) or part == [None]:
        raise ValueError("not a range")
    return [int(part[0] or 0)] if len(part) == 1 else range(num_frames)[slice(*part)]


def _tell(
    path: str | Path, options: Options, frames: str
) -> tuple[Posecodes, np.ndarray, list[list[Caption]]]:
    poses = read_poses(path, options.skeleton)
    chosen = parse_frames(frames, len(poses))
    codes = _extract(path, poses, options)
    selected = codes.selected()[chosen] & statements_without(codes.definitions, options.without)
    told = caption_states(
        selected,
        codes.definitions,
        options.style,
        options.seed,
        options.variants,
        options.language,
        concise=options.concise,
    )
    action, language = options.action, options.language
    return codes, chosen, [[with_action(one, action, language) for one in own] for own in told]


def _extract(path: str | Path, poses: np.ndarray, options: Options) -> Posecodes:
    skeleton = load_skeleton(options.skeleton)
    definitions = None if options.definitions is None else load_definitions(options.definitions)
    up = options.up or (told_up(path) or skeleton.up if options.frame == "body" else None)
    try:
        return extract(
            poses,
            skeleton,
            definitions,
            options.frame,  # type: ignore[arg-type]
            up,
            unit=options.unit or skeleton.unit,  # type: ignore[arg-type]
        )
    except InputError as error:
        raise InputError(f"{path}: {str(error).removeprefix('joints: ')}") from error


class _Explainer:
    """Rows that tell what became of each posecode of a frame."""

    def __init__(self, codes: Posecodes, without: tuple[str, ...]) -> None:
        self._codes = codes
        self._definitions = codes.definitions
        self._selected = codes.selected()
        self._remaining = statements_without(codes.definitions, without)
        self._by_code = {(s.posecode, s.category_index): s for s in self._definitions.statements}
        self._by_super = {s.super_posecode: s for s in self._definitions.statements if s.posecode < 0}

    def rows(self, frame: int, caption: Caption) -> list[dict[str, Any]]:
        """Measured posecodes in the definitions' order, then super-posecodes."""
        told = {index: sentence.text for sentence in caption.sentences for index in sentence.statement_ids}
        measured = np.flatnonzero(self._codes.category_rows[:, frame] >= 0)
        rows = [self._posecode(frame, int(column), told) for column in measured]
        return rows + [self._super(frame, name, told) for name in self._codes.super_posecodes]

    def _posecode(self, frame: int, column: int, told: dict[int, str]) -> dict[str, Any]:
        kind_name, entry = self._definitions.columns[column]
        kind = self._definitions.kinds[kind_name]
        index = int(self._codes.category_rows[column, frame])
        category = kind.categories[index]
        statement = self._by_code.get((column, index))
        return {
            "frame": frame,
            "posecode": f"{kind_name}({', '.join(entry.joints)})",
            "value": round(float(self._codes.value_rows[column, frame]), 3),
            "unit": kind.unit,
            "category": category,
            "mark": mark_of(kind, entry, category),
            "fate": self._fate(frame, statement, told),
        }

    def _super(self, frame: int, name: str, told: dict[int, str]) -> dict[str, Any]:
        index = list(self._definitions.super_posecodes).index(name)
        holds = bool(self._codes.super_posecodes[name][frame])
        statement = self._by_super[index]
        return {
            "frame": frame,
            "posecode": f"super({name})",
            "value": None,
            "unit": "",
            "category": statement.category if holds else "",
            "mark": ("rare" if statement.rare else "told") if holds else "",
            "fate": self._fate(frame, statement, told) if holds else "does not hold",
        }

    def _fate(self, frame: int, statement: Statement | None, told: dict[int, str]) -> str:
        if statement is None:
            return "never told"
        if statement.id in told:
            return f"told: {told[statement.id]}"
        if not self._selected[frame, statement.id]:
            return "kept for super-posecodes" if statement.support == 1 else "a super-posecode tells it"
        return "follows from what is told" if self._remaining[statement.id] else "of a part that is left out"
