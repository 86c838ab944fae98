"""Views of shards as videos that know nothing of 3D, with their captions as a person would write them.

    python benchmarks/videos_of_shards.py SHARDS --keypoints simdet --subjects S1,S6,S7 --out videos/

Writes one .npz of 2D keypoints a view and captions.csv, a row for every run of frames that are told the same.
What they are worth to a lifter: docs/results.md, "As videos without 3D".
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lifting.training.facts import facts_of
from posecap.captions import bank
from posecap.shards import Shards, open_shards


def main() -> None:
    """Writes the files and prints how many."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("shards")
    parser.add_argument("--keypoints", required=True)
    parser.add_argument("--subjects", required=True)
    parser.add_argument("--out", required=True, type=Path)
    told = parser.parse_args()
    told.out.mkdir(parents=True)
    shards, subjects = open_shards(told.shards), told.subjects.split(",")
    views = [view for view in shards.view_names(told.keypoints) if view[0].split("/")[0] in subjects]
    with (told.out / "captions.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("sequence", "start", "end", "caption"))
        for sequence, camera in views:
            name = re.sub(r"[^A-Za-z0-9]+", "_", f"{sequence}_{camera}")
            write_video(shards, told.keypoints, sequence, camera, told.out / f"{name}.npz")
            rows.writerows((name, *row) for row in captions(shards, sequence))
    print(f"{told.out}: {len(views)} videos and captions.csv")


def write_video(shards: Shards, source: str, sequence: str, camera: str, path: Path) -> None:
    """Keypoints of a view with its image size and frame rate, and nothing of its camera."""
    view, lens = shards.read_view(sequence, source, camera), shards.camera(sequence, camera)
    fps = shards.sequence_infos[sequence].fps
    size = {"width": lens.width, "height": lens.height, "fps": fps}
    np.savez_compressed(path, keypoints=view.pose_2d, confidence=view.confidence, **size)


def captions(shards: Shards, sequence: str) -> Iterator[tuple[int, int, str]]:
    """First frame, end and caption of every run of frames that are told the same."""
    sentences = [one.text for one in bank(facts_of(shards).checked_definitions())]
    told = [tuple(ids) for ids in shards.read_frames(sequence).sentence_ids]
    starts = [t for t in range(len(told)) if t == 0 or told[t] != told[t - 1]]
    for start, end in zip(starts, [*starts[1:], len(told)], strict=True):
        yield start, end, " ".join(sentences[i] for i in told[start])


if __name__ == "__main__":
    main()
