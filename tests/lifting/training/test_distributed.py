import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file

from lifting.runs import open_run
from lifting.training.checkpoints import _restore_random
from lifting.training.log import read_log
from lifting.training.ranks import Ranks, choose_device
from posecap.errors import InputError
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
def test_two_processes_with_dropout_go_on_bit_for_bit(tmp_path):
    script = Path(__file__).with_name("two_processes.py")
    settings = ("training.batch=3", "training.steps=25")
    torchrun(script, tmp_path / "whole", *settings)
    torchrun(script, tmp_path / "cut", *settings, "--interrupt")
    assert open_run(tmp_path / "cut").stopped() == "stopped at step 11 of 25"
    torchrun(script, tmp_path / "cut", *settings, "--resume")
    whole, cut = (load_file(open_run(tmp_path / name).weights_file) for name in ("whole", "cut"))
    assert all(torch.equal(whole[key], cut[key]) for key in whole)


def test_each_process_resumes_its_own_random_numbers(tmp_path):
    run = tiny_run(tmp_path / "run")
    folder = run.path / "checkpoint"
    tensors = load_file(folder / "training.safetensors")
    torch.manual_seed(5)
    tensors["random.cpu.1"] = torch.get_rng_state()
    expected = torch.rand(3)
    for rank, alike in ((1, True), (0, False), (2, False)):
        torch.manual_seed(9)
        _restore_random(SimpleNamespace(ranks=Ranks(rank, 3), device=torch.device("cpu")), tensors)
        assert torch.equal(torch.rand(3), expected) == alike


def test_devices_that_are_not_there_are_told_in_one_line():
    for name in ("foo", "cuda:77", "meta:x"):
        with pytest.raises(InputError, match=f"device '{name}': cannot be used here"):
            choose_device(name)
    assert choose_device("cpu").type == "cpu"


@pytest.mark.slow
def test_a_run_of_two_processes_goes_on_as_one(tmp_path):
    settings = (*SETTINGS, "training.batch=3")
    script = Path(__file__).with_name("two_processes.py")
    torchrun(script, tmp_path / "run", *settings)
    run = tiny_run(tmp_path / "run", *settings, resume=True)
    assert [row["step"] for row in read_log(run.path) if "err1" in row][-1] == 12
