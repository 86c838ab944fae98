"""A file of written captions: one row a span of frames, canonical sentences."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.data.written import Span
    from posecap.posecodes.definitions import Definitions

COLUMNS = ("sequence", "start", "end", "caption")


def read_captions(path: Path, definitions: Definitions) -> dict[str, list[Span]]:
    """Spans by sequence of a CSV file with the columns `sequence, start, end, caption`.

    InputError names the file and line of a bad frame number, of a sentence that is not in the bank, or of
    a row with too few or too many values.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{path}: has no column '{missing[0]}', expected {', '.join(COLUMNS)}")
            spans: dict[str, list[Span]] = {}
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row or None in row.values():
                    count = f"{len(reader.fieldnames or ())} values"
                    raise InputError(f'{where}: expected {count}; put a caption with commas into "quotes"')
                spans.setdefault(row["sequence"], []).append(_span(row, where, definitions))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    if not spans:
        raise InputError(f"{path}: holds no captions")
    return spans


def _span(row: dict[str, str], where: str, definitions: Definitions) -> Span:
    from lifting.data.written import Span
    from posecap.captions import parse

    try:
        start, end = int(row["start"]), int(row["end"])
    except (TypeError, ValueError) as error:
        raise InputError(f"{where}: start and end must be frame numbers") from error
    if not 0 <= start < end:
        raise InputError(f"{where}: expected 0 <= start < end, found {start} and {end}")
    try:
        return Span(start, end, tuple(parse(row["caption"], definitions)))
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
