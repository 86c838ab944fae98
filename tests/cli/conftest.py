"""Tiny shards, and a way to run the command posecap in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.posecap import app
from posecap.shards import GenerateConfig, generate
from tests.fixtures.h36m_files import write_h36m

TINY_DEMO = [
    "--dataset",
    "demo",
    "--option",
    "seconds=0.6",
    "--option",
    "takes=1",
    "--option",
    "actions=walking,waving",
]


class Command:
    """`run("inspect", shards)` gives exit code and streams; `fail` also checks what every mistake must be."""

    def run(self, *arguments: object):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)

    def succeed(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def fail(self, *arguments: object) -> str:
        """The one line of a user's mistake."""
        done = self.run(*arguments)
        lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert done.exit_code == 1
        assert len(lines) == 1
        assert done.stderr.splitlines()[-1] == lines[0]
        assert "Traceback" not in done.output
        return lines[0].removeprefix("error: ")


@pytest.fixture
def posecap() -> Command:
    return Command()


@pytest.fixture(scope="session")
def made_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("cli") / "shards"
    Command().succeed("generate", *TINY_DEMO, "--subjects", "D1,D5", "--out", out, "--encoder", "none", "-q")
    return out


@pytest.fixture
def shards(made_shards: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(made_shards, tmp_path / "shards"))


@pytest.fixture(scope="session")
def gt_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of two training subjects (S1, S5) and a test subject (S9), 2D from gt, no text features."""
    folder = tmp_path_factory.mktemp("h36m")
    root = write_h36m(folder / "data", ("S1", "S5", "S9"), num_frames=12)
    generate(GenerateConfig("h36m", folder / "shards", root, ("gt",), encoder=None))
    return folder / "shards"
