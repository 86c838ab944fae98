"""posecap query: SQL over the tables of the shards."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import FormatOption, JsonOption, ShardsArgument, chosen_format
from cli.tables import Format, print_rows


def query(
    shards: ShardsArgument,
    sql: Annotated[
        str | None, typer.Argument(help="A query; without one, the tables are listed.", show_default=False)
    ] = None,
    output: FormatOption = Format.table,
    json: JsonOption = False,
) -> None:
    """Run SQL (DuckDB) over a shard directory; each table is a view.

    **In**: a shard directory and a query. **Out**: its rows on standard output. `views/gt` is called
    `views_gt`. Files are compared with their hashes first. Needs the extra `posecap[query]`.

    Example: `posecap query shards/ "select action, count(*) from frames group by 1"`
    """
    from posecap.query import list_tables, run_query

    if sql is None:
        print_rows(list_tables(shards), chosen_format(output, json), title=str(shards))
        return
    rows, columns = run_query(shards, sql)
    print_rows(rows, chosen_format(output, json), columns)
