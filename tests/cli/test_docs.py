"""The commands that the documentation names: all of them parse, those of docs/commands.md run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import typer

from tests.cli.conftest import Command
from tests.fixtures.bvh_people import HABITS, write_person
from tests.fixtures.h36m_files import swinging_motion, write_h36m
from tests.fixtures.tiny_encoders import make_encoder

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
COMMAND = re.compile(r"^\s*(?:\$ )?((?:posecap|lift) .*?)(?:\s+#.*)?$", re.MULTILINE)


def named_commands(page: Path) -> list[str]:
    """Commands in the code blocks of a page, with their continued lines joined."""
    blocks = re.findall(r"^```[a-z]*\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [line for block in blocks for line in COMMAND.findall(block.replace("\\\n", " "))]


def _parse(line: str) -> None:
    """SystemExit or a usage error where the command line is bad."""
    from cli.lift import app as lift
    from cli.posecap import app as posecap

    name, *arguments = shlex.split(line)
    command = typer.main.get_command(posecap if name == "posecap" else lift)
    while hasattr(command, "commands") and arguments and not arguments[0].startswith("-"):
        command = command.commands[arguments.pop(0)]
    if "--help" not in arguments:
        command.make_context(name, arguments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_parses(page):
    for line in named_commands(page):
        try:
            _parse(line)
        except Exception as error:
            pytest.fail(f"{page.name}: `{line}`: {error}")


def test_a_wrong_option_would_be_found():
    with pytest.raises(Exception, match="--no-such"):
        _parse("posecap inspect shards/ --no-such 3")


def test_the_commands_of_the_commands_page_run(tmp_path, monkeypatch):
    write_h36m(tmp_path / "data", sources=("gt",))
    np.save(tmp_path / "walk.npy", swinging_motion(60))
    write_person(tmp_path / "dance.bvh", HABITS["mixamo"])
    encoder = make_encoder(tmp_path, "bert")
    monkeypatch.chdir(tmp_path)
    commands = named_commands(ROOT / "docs" / "commands.md")
    assert len(commands) >= 10
    for line in commands:
        name, *arguments = shlex.split(line)
        if arguments[0] in ("generate", "embed") and "--encoder" not in arguments:
            arguments += ["--encoder", str(encoder)]
        if "demo" in arguments:
            arguments += ["--subjects", "D1,D5", "--option", "actions=walking,waving"]
        if name == "posecap" and "poses.parquet" not in arguments:  # made by a lift command
            Command().succeed(*arguments)


def test_the_commands_page_lists_every_command():
    from cli.lift import app as lift
    from cli.posecap import app as posecap

    text = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    for name, app in (("posecap", posecap), ("lift", lift)):
        for command in typer.main.get_command(app).commands:
            assert f"`{name} {command}`" in text
