"""Runs that are killed, or find the disk full, and are started again."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import random
import resource
import shutil
import signal
import sys
import time

import pytest

import posecap.encoders
from posecap.errors import InputError
from posecap.shards import EmbedConfig, GenerateConfig, embed, generate, open_shards, validate
from tests.fixtures.hasher import Hasher
from tests.fixtures.tiny_dataset import TinyDataset

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills forked processes as Linux does")

FORK = multiprocessing.get_context("fork")
FEW, MANY = 4, 30
CASES = [*range(FEW), *(pytest.param(case, marks=pytest.mark.slow) for case in range(FEW, MANY))]
DATASET = TinyDataset(lengths=(40, 60, 30, 50, 20, 70, 10, 45), sources=("gt", "sim"))


@pytest.fixture
def hasher(monkeypatch):
    monkeypatch.setattr(posecap.encoders, "load_encoder", lambda *args, **options: Hasher())


def config(out, **changes):
    return dataclasses.replace(GenerateConfig("tiny", out, encoder=None, part_frames=60), **changes)


def do_generate(out, jobs=1):
    generate(config(out, jobs=jobs), dataset=DATASET)


def do_embed(out):
    embed(EmbedConfig(out, "hasher", ("sentence", "caption", "token", "label"), context="caption"))


def content(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run_and_kill(work, *args, after):
    """Run `work` in a process of its own and kill it; whether it was still at work."""
    process = FORK.Process(target=work, args=args)
    process.start()
    process.join(after)
    process.kill()
    process.join()
    return process.exitcode == -signal.SIGKILL


def timed(work, *args):
    start = time.perf_counter()
    work(*args)
    return time.perf_counter() - start


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """An undisturbed run and how long it takes."""
    out = tmp_path_factory.mktemp("undisturbed") / "out"
    do_generate(out)
    return out, timed(do_generate, out.with_name("again"))


@pytest.mark.parametrize("case", CASES)
def test_a_killed_generate_is_resumed_to_the_same_shards(undisturbed, tmp_path, case):
    expected, duration = undisturbed
    out, moments = tmp_path / "out", random.Random(case)
    while run_and_kill(do_generate, out, 1 + case % 2, after=moments.uniform(0, duration)):
        if (out / "manifest.json").exists():  # killed while it cleared up
            break
        if out.exists():
            assert validate(out) != []
            with pytest.raises(InputError, match="not finished"):
                open_shards(out)
        if moments.random() < 0.5:
            break
    do_generate(out)
    assert content(out) == content(expected)


@pytest.mark.parametrize("case", CASES)
def test_a_killed_embed_is_resumed_to_the_same_features(undisturbed, hasher, tmp_path, case):
    before, _ = undisturbed
    expected, out = (shutil.copytree(before, tmp_path / name) for name in ("expected", "out"))
    duration, moments = timed(do_embed, expected), random.Random(case)
    while run_and_kill(do_embed, out, after=moments.uniform(0, duration)):
        assert open_shards(out).frames(["frame"]).num_rows == sum(DATASET.lengths)
        if moments.random() < 0.5:
            break
    do_embed(out)
    assert content(out) == content(expected)
    assert validate(out, content=True) == []


def test_a_full_disk_is_told_and_the_run_goes_on_from_there(undisturbed, tmp_path):
    expected, _ = undisturbed
    out = tmp_path / "out"
    largest = max(path.stat().st_size for path in expected.rglob("*.parquet"))
    said = FORK.Queue()

    def run_with_little_room():
        # a limit on file sizes fails like a full disk: in the middle of a write
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest - 1000, resource.RLIM_INFINITY))
        try:
            do_generate(out)
        except InputError as error:
            said.put(str(error))

    process = FORK.Process(target=run_with_little_room)
    process.start()
    message = said.get(timeout=60)
    process.join()
    assert "the same command goes on from there" in message
    assert "\n" not in message
    with pytest.raises(InputError, match="not finished"):
        open_shards(out)
    do_generate(out)
    assert content(out) == content(expected)


def test_workers_end_with_the_run_that_is_killed(tmp_path):
    slow = TinyDataset(lengths=(60,) * 8, delay=60)
    process = FORK.Process(target=lambda: generate(config(tmp_path / "out", jobs=2), dataset=slow))
    process.start()
    children = wait_for(lambda: _children(process.pid))
    process.kill()
    process.join()
    assert wait_for(lambda: not any(os.path.exists(f"/proc/{child}") for child in children))


def wait_for(condition, limit=30.0):
    """What `condition` gives, as soon as it is true."""
    end = time.monotonic() + limit
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def _children(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]
