"""SQL over shards: every table a view in an in-memory DuckDB."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

from posecap.errors import InputError
from posecap.shards.reader import Shards, open_shards


def list_tables(path: str | Path) -> list[dict[str, Any]]:
    """The views that a query can name, with the table each shows and its rows."""
    shards = open_shards(path)
    tables = shards.manifest.tables
    return [
        {"view": view, "table": name, "rows": tables[name].rows} for name, view in view_names(shards).items()
    ]


def view_names(shards: Shards) -> dict[str, str]:
    """Table name to SQL name: `views/gt` to `views_gt`; names that would collide get a number."""
    taken: Counter[str] = Counter()
    names = {}
    for table in sorted(shards.manifest.tables):
        name = re.sub(r"\W+", "_", table).lower()
        taken[name] += 1
        names[table] = name if taken[name] == 1 else f"{name}_{taken[name]}"
    return names


def run_query(path: str | Path, sql: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows of `sql` over the shards at `path`, and the names of its columns.

    InputError with DuckDB's own reason where the query is bad, or where DuckDB is not installed.
    """
    try:
        import duckdb
    except ModuleNotFoundError as error:
        raise InputError("queries need duckdb: pip install 'posecap[query]'") from error
    if not sql.strip():
        raise InputError("query: is empty")
    shards = open_shards(path)
    with duckdb.connect(config={"autoinstall_known_extensions": "false"}) as connection:
        try:
            for table, view in view_names(shards).items():
                connection.read_parquet(_files(shards, table)).create_view(view)
            result = connection.execute(sql)
            columns = _unique([column[0] for column in result.description or ()])
            return [dict(zip(columns, row, strict=True)) for row in result.fetchall()], columns
        except duckdb.Error as error:
            raise InputError(f"query: {_reason(error)}") from error


def _files(shards: Shards, table: str) -> list[str]:
    paths = shards.files(table)
    for path in paths:
        shards.parquet(path)  # refuses a file that is missing or changed
    return [str(Path(shards.path) / path) for path in paths]


def _unique(names: list[str]) -> list[str]:
    """Column names in which none stands twice."""
    seen: Counter[str] = Counter()
    unique = []
    for name in names:
        seen[name] += 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _reason(error: Exception) -> str:
    """The first paragraph of DuckDB's message, without the drawing of the query below it."""
    return " ".join(str(error).split("\n\nLINE")[0].split())
