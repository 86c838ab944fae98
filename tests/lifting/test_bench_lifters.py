"""The benchmark of lifters runs on every case."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "benchmarks" / "bench_lifters.py"
TINY = ("--size", "tiny", "--repeat", "1", "--threads", "1", "--alignments", "all")


@pytest.fixture
def script(monkeypatch):
    """The benchmark as a module, its command line a tiny one."""
    spec = importlib.util.spec_from_file_location("bench_lifters", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *TINY])
    return module


@pytest.mark.slow
def test_every_backbone_and_alignment_is_measured(script):
    options = script.parse()
    cases = list(script.cases(options))
    assert len(set(cases)) == len(cases) >= 32
    for case in cases:
        row = script.measure(options, *case)
        assert (row["backbone"], row["alignment"], row["precision"]) == case
        assert row["step"] > 0
        assert row["step_limit"] > 0
        assert row["forward_limit"] > 0


@pytest.mark.slow
def test_the_script_prints_a_line_for_each_case_it_is_asked_for():
    command = [sys.executable, str(SCRIPT), *TINY[:-1], "none,cm", "--backbones", "mixste"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "--precisions", "float32", "--json"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["backbone"], row["alignment"]) for row in rows] == [("mixste", "none"), ("mixste", "cm")]
