"""Clips a second from shards: poses only, + sentence features, + token features; held, mapped, streamed.

    python benchmarks/bench_clips.py SHARDS [--keypoints gt] [--frames 243] [--workers 2] [--batches 100]

Features lie on the training device as a bank, and what workers send are ids: the time counted is until the
batch and its text are tensors there. Ways take turns and the fastest of their rounds counts, since other work
on the machine slows whichever is running. `feeds` is how many times faster that is than training steps:
MixSTE full size takes 5 s a clip on two cores, the small lifter 0.8 s for 32 clips of 27 frames
(bench_lifters.py), a GPU at 100 clips of 243 frames a second 0.01 s.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import torch

from cli.tables import print_rows
from lifting.data import Clips, Progress, ShardSource, Windows
from lifting.data.loader import Loader
from lifting.data.mapped import MappedSource
from lifting.recipes import AlignmentChoice
from lifting.training.text import TextSource, text_of_shards

BATCH, BLOCK = 4, 32
FEATURES = {None: "poses only", "sentence": "+ sentence features", "token": "+ token features"}
WAYS = ("held", "mapped", "streamed")
STEPS = {"full MixSTE, 2 cores": 5.0, "a GPU at 100 clips/s": 0.01}  # seconds a clip of 243 frames


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards")
    parser.add_argument("--keypoints")
    parser.add_argument("--frames", type=int, default=243)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batches", type=int, default=100, help="batches of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ways", default=",".join(WAYS))
    told = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for way in told.ways.split(",") for row in _measure(told, way, Path(folder))]
    print_rows(rows)


def _measure(told: argparse.Namespace, way: str, folder: Path) -> list[dict[str, object]]:
    """A row for poses only and for each kind of features that the shards have."""
    source = ShardSource(told.shards, told.keypoints)
    known = {one.granularity for one in source.shards.manifest.features}
    kinds = [kind for kind in FEATURES if kind is None or kind in known]
    runs = {kind: _prepare(told, way, kind, folder) for kind in kinds}
    best = dict.fromkeys(kinds, 0.0)
    for _ in range(told.rounds):
        for kind in kinds:
            best[kind] = max(best[kind], runs[kind]())
    return [_row(way, kind, best) for kind in kinds]


def _row(way: str, kind: str | None, best: dict[str | None, float]) -> dict[str, object]:
    feeds = {f"feeds {name}": f"{best[kind] * seconds:,.0f} x" for name, seconds in STEPS.items()}
    cost = 1 - best[kind] / best[None]
    shown = {"data": way, "features": FEATURES[kind], "clips/s": round(best[kind])}
    return {**shown, "cost": "" if kind is None else f"{cost:.0%}", **feeds}


def _prepare(told: argparse.Namespace, way: str, kind: str | None, folder: Path) -> Callable[[], float]:
    """What measures a round: clips a second, from the first batch on."""
    source = ShardSource(told.shards, told.keypoints, kind and "sentence")
    text = kind and text_of_shards(source.shards, AlignmentChoice(granularity=kind), torch.device("cpu"))[0]  # type: ignore[arg-type]
    read = MappedSource(source, folder / f"{kind}") if way == "mapped" else source
    streams = BLOCK if way == "streamed" else None
    clips = Clips(read, Windows(told.frames), flip=True, keep=streams)
    if way == "held":  # what is measured is the second epoch, when all is in memory
        for index in clips.chosen:
            clips._sequences[index]
    loader = Loader(clips, BATCH, workers=told.workers, block=streams)
    return lambda: _round(loader, text or None, told.batches)


def _round(loader: Loader, text: TextSource | None, num_batches: int) -> float:
    batches = iter(loader.iterate(Progress()))
    next(batches)  # by then the workers are there
    start, count = time.perf_counter(), 0
    for batch in islice(batches, num_batches):
        if text is not None:
            text.of(batch)
        count += len(batch["weight"])
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    main()
