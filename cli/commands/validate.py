"""posecap validate: is every byte of the shards as it was written?"""

from __future__ import annotations

from cli.options import JsonOption, QuietOption, ShardsArgument
from cli.progress import progress
from cli.tables import print_json
from posecap.errors import InputError


def validate(shards: ShardsArgument, json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Check every file of a shard directory against its manifest.

    **In**: a shard directory. **Out**: a line for each file that is missing, changed or not part of it; exit
    code 1 if there is any.

    Example: `posecap validate shards/`
    """
    from posecap.shards import validate as find_problems

    with progress(shown=not quiet) as shown:
        problems = find_problems(shards, shown)
    if json:
        print_json({"shards": str(shards), "whole": not problems, "problems": problems})
    for problem in () if json else problems:
        print(problem)
    if problems:
        raise InputError(f"{shards}: {len(problems)} {'problem' if len(problems) == 1 else 'problems'}")
    if not json:
        print(f"{shards}: whole")
