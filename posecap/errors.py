"""The one exception a user meets: bad input, told in one line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 900


class InputError(ValueError):
    """The input, the data or a name in it is bad; the message is one line and names the culprit.

    What a file holds can get into a message, so it is cut to LONGEST characters that can be printed.
    """

    def __init__(self, message: str) -> None:
        line = "".join(sign if sign.isprintable() else " " for sign in str(message))
        super().__init__(line if len(line) <= LONGEST else line[: LONGEST - 3] + "...")


def unknown_name(what: str, name: str, known: Iterable[str]) -> InputError:
    """An InputError for `name`, with the nearest known names and then all of them."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return InputError(f"unknown {what} '{name}': {hint}known: {', '.join(names) or 'none'}")
