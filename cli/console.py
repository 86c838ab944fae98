"""What both commands share: a user's mistake is one line on standard error and exit code 1.

Results go to standard output; everything else (progress, notes, errors) to standard error.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from posecap import __version__
from posecap.errors import InputError

CONVENTIONS = (
    "Results go to standard output, progress to standard error. Exit code 1: the input is bad; "
    "2: the command line is."
)


def make_app(help_text: str) -> typer.Typer:
    """An empty app whose commands end in one line and exit code 1 where the user's input is bad."""
    return typer.Typer(
        cls=_Commands,
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def add_version(app: typer.Typer) -> None:
    """Give an app the option `--version`."""

    @app.callback()
    def main(
        version: Annotated[
            bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Print the version.")
        ] = False,
    ) -> None:
        pass


def _tell_version(asked: bool) -> None:
    if asked:
        print(__version__)
        raise typer.Exit


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        with mistakes_in_one_line():
            result = super().invoke(ctx)
            sys.stdout.flush()  # so that a closed pipe is met here and not at the interpreter's end
            return result


@contextmanager
def mistakes_in_one_line() -> Iterator[None]:
    """Turn bad input, a stop by the user, a closed pipe and a refusing disk into exit code 1."""
    try:
        yield
    except InputError as error:
        _end(str(error), error)
    except KeyboardInterrupt as error:
        _end("stopped", error)
    except BrokenPipeError as error:
        _close_stdout()
        raise typer.Exit(1) from error
    except OSError as error:
        _end(_disk_message(error), error)
    except MemoryError as error:
        _end("not enough memory", error)


def note(text: str) -> None:
    """One line for the person who runs the command, on standard error."""
    print(one_line(text), file=sys.stderr, flush=True)


def one_line(text: str) -> str:
    """`text` without line breaks and without characters that would steer a terminal."""
    return "".join(char if char.isprintable() else "?" for char in " ".join(text.split()))


def _end(message: str, cause: BaseException) -> None:
    note(f"error: {message}")
    raise typer.Exit(1) from cause


def _disk_message(error: OSError) -> str:
    reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


def _close_stdout() -> None:
    """Send what is still buffered nowhere: the reader of the pipe has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
