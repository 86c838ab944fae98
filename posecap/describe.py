"""A file of poses in words: captions of its frames, or all that stands behind one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posecap.captions import caption_states, with_action
from posecap.captions.types import Caption
from posecap.errors import InputError, unknown_name
from posecap.frames import SCALES
from posecap.mining.occurrence import mark_of
from posecap.posecodes import Posecodes, Statement, extract, load_definitions
from posecap.posecodes.statements import statements_without
from posecap.readers.one_file import OneFile, read_one_file
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
    sequence: str | None = None
    reader: Mapping[str, Any] = field(default_factory=dict)


Note = Callable[[str], None]


def describe_file(
    path: str | Path, options: Options, frames: str = "", note: Note = lambda line: None
) -> list[dict[str, Any]]:
    """One row a frame and variant: frame (and person, where there are several) and caption.

    `path` is a file that `posecap.readers.one_file` opens, `frames` is as in `parse_frames`; `note` hears
    what was found out about the file.
    """
    told = _tell(path, options, frames, note)
    return [
        {**told.names(row), **({"variant": v} if options.variants > 1 else {}), "caption": caption.text}
        for row, own in zip(told.rows, told.captions, strict=True)
        for v, caption in enumerate(own)
    ]


def explain_file(
    path: str | Path, options: Options, frames: str = "", note: Note = lambda line: None
) -> list[dict[str, Any]]:
    """One row a frame and posecode: its value, category and mark, and what became of it in the caption."""
    told = _tell(path, options, frames, note)
    explainer = _Explainer(told.codes, options.without)
    return [
        told.names(row) | said | told.names(row)
        for row, own in zip(told.rows, told.captions, strict=True)
        for said in explainer.rows(int(row), own[0])
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


@dataclass(frozen=True)
class _Told:
    """The poses of a file as posecodes, the rows that are told, and each one's captions."""

    file: OneFile
    codes: Posecodes
    rows: np.ndarray
    captions: list[list[Caption]]

    def names(self, row: int) -> dict[str, Any]:
        """What a row is called by: its frame, and its person where there are several."""
        people, frames = self.file.people, self.file.frames
        person = {"person": people[row]} if len(set(people)) > 1 else {}
        return person | {"frame": int(row if frames is None else frames[row])}


def _tell(path: str | Path, options: Options, frames: str, note: Note) -> _Told:
    file = _open(path, options)
    if file.note:
        note(file.note)
    rows = _chosen_rows(file, frames)
    codes = _extract(path, file, options)
    selected = codes.selected()[rows] & statements_without(codes.definitions, options.without)
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
    captions = [[with_action(one, action, language) for one in own] for own in told]
    return _Told(file, codes, rows, captions)


def _chosen_rows(file: OneFile, frames: str) -> np.ndarray:
    """Rows of the frames that are named, of every person."""
    if file.frames is None:
        return parse_frames(frames, len(file.joints))
    if not frames:
        return np.arange(len(file.frames))
    rows = np.flatnonzero(np.isin(file.frames, parse_frames(frames, int(file.frames.max()) + 1)))
    if not rows.size:
        raise InputError(
            f"frames '{frames}': nobody is there (frames {file.frames.min()}-{file.frames.max()})"
        )
    return rows


def _open(path: str | Path, options: Options) -> OneFile:
    """The file; InputError where axes or units are told of a file that tells them itself."""
    said: dict[str, Any] = dict(options.reader)
    if Path(path).suffix.lower() == ".bvh":
        said |= {} if options.up is None else {"up": options.up}
        said |= {} if options.unit is None else {"scale": _metres(options.unit)}
    file = read_one_file(path, options.skeleton, sequence=options.sequence, **said)
    if file.metric and options.frame != "body":
        raise InputError(f"{path}: no camera's frame is known of it; --frame is for arrays and tables")
    if file.metric and (options.up or options.unit) and Path(path).suffix.lower() != ".bvh":
        raise InputError(f"{path}: its axes and units are known; --up and --unit are for arrays and tables")
    return file


def _metres(unit: str) -> float:
    if unit not in SCALES:
        raise unknown_name("unit", unit, SCALES)
    return SCALES[unit]


def _extract(path: str | Path, file: OneFile, options: Options) -> Posecodes:
    skeleton = load_skeleton(options.skeleton)
    definitions = None if options.definitions is None else load_definitions(options.definitions)
    if file.metric:
        up, unit = file.up, "m"
    else:
        up = options.up or (file.up or skeleton.up if options.frame == "body" else None)
        unit = options.unit or skeleton.unit
    try:
        return extract(file.joints, skeleton, definitions, options.frame, up, unit=unit)  # type: ignore[arg-type]
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
