import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from lifting.training.log import read_log
from tests.fixtures.runs import tiny_run

ROOT = Path(__file__).parents[3]
SETTINGS = ("backbone.options.drop_path=0", "training.steps=12")


def torchrun(script, *arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    subprocess.run(
        [*command, str(script), *map(str, arguments)], check=True, env=environment, cwd=ROOT, timeout=200
    )


@pytest.mark.parametrize(
    "more",
    [("alignment.name=cm", "loss.scale_by_itself=true"), pytest.param((), marks=pytest.mark.slow)],
)
def test_two_processes_are_as_one_with_the_joined_batch(tmp_path, more):
    settings = (*SETTINGS, *more)
    torchrun(Path(__file__).with_name("two_processes.py"), tmp_path / "two", "training.batch=3", *settings)
    one = tiny_run(tmp_path / "one", "training.batch=6", *settings)
    ours, theirs = ([row for row in read_log(tmp_path / name) if "err1" in row] for name in ("one", "two"))
    assert len(ours) == len(theirs) > 0
    for mine, other in zip(ours, theirs, strict=True):
        assert other["total"] == pytest.approx(mine["total"], rel=1e-4)
    first = load_file(one.weights_file)
    second = load_file(tmp_path / "two" / "checkpoint" / "model.safetensors")
    assert all(torch.allclose(first[key], second[key], atol=1e-4) for key in first)


@pytest.mark.slow
def test_a_run_of_two_processes_goes_on_as_one(tmp_path):
    settings = (*SETTINGS, "training.batch=3")
    script = Path(__file__).with_name("two_processes.py")
    torchrun(script, tmp_path / "run", *settings)
    run = tiny_run(tmp_path / "run", *settings, resume=True)
    assert [row["step"] for row in read_log(run.path) if "err1" in row][-1] == 12
