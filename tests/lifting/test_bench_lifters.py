"""The benchmark of lifters runs on every case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "bench_lifters.py"


@pytest.mark.slow
def test_every_backbone_and_alignment_is_measured():
    command = [
        sys.executable,
        str(SCRIPT),
        "--size",
        "tiny",
        "--alignments",
        "all",
        "--repeat",
        "1",
        "--threads",
        "1",
    ]
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, check=True, cwd=SCRIPT.parents[1]
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len({(row["backbone"], row["alignment"], row["precision"]) for row in rows}) == len(rows) >= 32
    assert all(row["step"] > 0 and row["step_limit"] > 0 and row["forward_limit"] > 0 for row in rows)
