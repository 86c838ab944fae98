"""Results on standard output: a table for people, CSV or JSON for programs."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from cli.console import one_line

Row = Mapping[str, Any]


class Format(StrEnum):
    """How rows are printed."""

    table = "table"
    csv = "csv"
    json = "json"


def print_rows(
    rows: Sequence[Row], output: Format = Format.table, columns: Iterable[str] | None = None, title: str = ""
) -> None:
    """Print `rows` (one dictionary each, same keys) with the given or all columns.

    A table has borders and wraps long texts on a terminal; in a pipe it is plain, one row a line.
    """
    names = list(columns or (rows[0] if rows else ()))
    if output is Format.json:
        print_json([{name: row.get(name) for name in names} for row in rows])
    elif not names:
        return
    elif output is Format.csv:
        _print_csv(rows, names)
    elif sys.stdout.isatty():
        _print_rich(rows, names, title)
    else:
        _print_plain(rows, names)


def print_json(value: Any) -> None:
    """One JSON value; numbers that JSON does not have become null."""
    print(json.dumps(_plain(value), ensure_ascii=False, indent=1, allow_nan=False))


def human_bytes(size: float) -> str:
    """A size for people, in powers of 1000."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool, type(None))) else str(value)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) for item in value)
    return one_line(str(value))


def _is_number(rows: Sequence[Row], name: str) -> bool:
    return all(isinstance(row.get(name), (int, float, type(None))) for row in rows)


def _print_csv(rows: Sequence[Row], names: list[str]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_csv_cell(_plain(row.get(name))) for name in names])


def _csv_cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def _print_plain(rows: Sequence[Row], names: list[str]) -> None:
    cells = [names, *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(names))]
    right = [_is_number(rows, name) for name in names]
    for line in cells:
        padded = (
            text.rjust(width) if numeric else text.ljust(width)
            for text, width, numeric in zip(line, widths, right, strict=True)
        )
        print("  ".join(padded).rstrip())


def _print_rich(rows: Sequence[Row], names: list[str], title: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title) if title else None, title_justify="left")
    for name in names:
        table.add_column(name, justify="right" if _is_number(rows, name) else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in names))
    Console().print(table)
