"""Clips a second from shards: poses only, with sentence ids, with token features; held and streamed.

python benchmarks/bench_clips.py SHARDS [--keypoints gt] [--frames 243] [--workers 2] [--batches 200]
"""

from __future__ import annotations

import argparse
import time
from itertools import islice

import torch

from cli.tables import print_rows
from lifting.data import Clips, Progress, ShardSource, Windows
from lifting.data.loader import Loader
from lifting.recipes import AlignmentChoice
from lifting.training.text import text_of_shards
from posecap.errors import InputError

BATCH, BLOCK = 4, 32


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards")
    parser.add_argument("--keypoints")
    parser.add_argument("--frames", type=int, default=243)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--batches", type=int, default=200)
    told = parser.parse_args()
    torch.set_num_threads(1)
    rows = [_measure(told, text, keep) for keep in (None, BLOCK) for text in (None, "sentence", "token")]
    print_rows([row for row in rows if row])


def _measure(told: argparse.Namespace, text: str | None, keep: int | None) -> dict[str, object]:
    source = ShardSource(told.shards, told.keypoints, text and "sentence")
    clips = Clips(source, Windows(told.frames), flip=True, keep=keep)
    loader = Loader(clips, BATCH, workers=told.workers, block=keep)
    bank = None
    if text is not None:
        try:
            choice = AlignmentChoice(granularity=text)
            bank = text_of_shards(source.shards, choice, torch.device("cpu"))[0]
        except InputError:
            return {}
    if keep is None:  # held: what is measured is the second epoch, when all is in memory
        for index in clips.chosen:
            clips._sequences[index]
    start, count = time.perf_counter(), 0
    for batch in islice(loader.iterate(Progress()), told.batches):
        if bank is not None:
            bank.of(batch)
        count += len(batch["weight"])
    seconds = time.perf_counter() - start
    way = "held" if keep is None else f"streamed, blocks of {keep} sequences"
    features = {None: "poses only", "sentence": "+ sentence features", "token": "+ token features"}[text]
    return {"data": way, "features": features, "clips": count, "clips/s": round(count / seconds, 1)}


if __name__ == "__main__":
    main()
