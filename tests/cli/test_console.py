"""The shared part of both commands."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
import warnings

import pytest
import typer
from typer.testing import CliRunner

from cli.console import make_app, one_line
from cli.progress import progress
from cli.tables import Format, print_json, print_rows
from posecap.errors import InputError


def _app_raising(error: BaseException) -> typer.Typer:
    app = make_app("A test.")

    @app.callback()
    def main() -> None:
        """Group."""

    @app.command()
    def fail(number: int = 0) -> None:
        print("result")
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("S9/Walking: frame 3\nhas NaN"), "error: S9/Walking: frame 3 has NaN"),
        (KeyboardInterrupt(), "error: stopped"),
        (OSError(errno.ENOSPC, "No space left on device", "out/part"), "error: out/part: the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "out"), "error: out: Permission denied"),
        (MemoryError(), "error: not enough memory"),
    ],
)
def test_a_mistake_is_one_line_on_standard_error_and_exit_code_1(error, line):
    done = CliRunner().invoke(_app_raising(error), ["fail"])
    assert done.exit_code == 1
    assert done.stderr == line + "\n"
    assert done.stdout == "result\n"


@pytest.mark.parametrize("arguments", [["fail", "--unknown"], ["fail", "--number", "x"], ["nothing"]])
def test_a_bad_command_line_ends_with_exit_code_2(arguments):
    done = CliRunner().invoke(_app_raising(InputError("not reached")), arguments)
    assert done.exit_code == 2
    assert done.stdout == ""


def test_a_fault_of_ours_is_not_hidden_as_the_users():
    done = CliRunner().invoke(_app_raising(ZeroDivisionError()), ["fail"])
    assert isinstance(done.exception, ZeroDivisionError)


def test_a_closed_pipe_ends_quietly():
    code = (
        "from cli.console import make_app\n"
        "app = make_app('x')\n"
        "@app.callback()\ndef main(): pass\n"
        "@app.command()\ndef many():\n    for i in range(100000): print(i)\n"
        "app(['many'])\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr.read() == b""
        assert run.wait(30) == 1


def test_characters_that_steer_a_terminal_are_not_printed():
    assert one_line("a\x1b[31mb\nc") == "a?[31mb c"


def test_progress_counts_and_times_each_stage_on_standard_error(capsys):
    with progress() as shown:
        shown.start("parts", 10, "frames")
        shown.advance("parts", 4)
        shown.start("sentences", None, "texts")
        shown.note("half way")
        shown.describe("parts", "loss 0.1")
        shown.advance("parts", 6)
        shown.finish("parts")
        shown.finish("sentences")
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0] == "half way"
    assert lines[1].startswith("parts: 10/10 frames in ")
    assert lines[1].endswith("frames/s)  loss 0.1")
    assert lines[2].startswith("sentences: 0 texts in ")
    assert list(shown.seconds) == ["parts", "sentences"]


def test_quiet_progress_prints_warnings_only_and_still_times(capsys):
    with progress(shown=False) as silent:
        silent.start("parts", 1, "frames")
        silent.advance("parts")
        silent.finish("parts")
        silent.warn("37 texts\nare too long")
        warnings.warn("bodies are 17 m tall", stacklevel=1)
    assert capsys.readouterr().err == "warning: 37 texts are too long\nwarning: bodies are 17 m tall\n"
    assert list(silent.seconds) == ["parts"]


ROWS = [{"frame": 3, "caption": 'The "left" knee, bent.'}, {"frame": 12, "caption": "Up."}]


def test_rows_in_a_pipe_are_plain_and_aligned(capsys):
    print_rows(ROWS)
    assert capsys.readouterr().out == 'frame  caption\n    3  The "left" knee, bent.\n   12  Up.\n'


def test_rows_as_csv_and_json_are_read_back(capsys):
    import csv

    print_rows(ROWS, Format.csv, ["frame", "caption"])
    read = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert read == [{key: str(value) for key, value in row.items()} for row in ROWS]
    print_rows(ROWS, Format.json)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_json_has_null_where_json_has_no_number(capsys):
    print_json({"value": float("nan"), "path": [1.5, (2,)]})
    assert json.loads(capsys.readouterr().out) == {"value": None, "path": [1.5, [2]]}
