"""Draws docs/images/captions.png, demo poses beside their captions: python docs/pictures.py."""

from __future__ import annotations

import textwrap
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

import posecap
from posecap.drawing import draw_pose_3d, frame_pose_3d
from posecap.readers import open_dataset
from posecap.skeletons import load_skeleton

CHOSEN = (
    ("D2/kneeling_both 1", 0.981),
    ("D5/sitting_down 1", 0.441),
    ("D6/touching_toes 1", 0.361),
    ("D1/crouching 1", 0.717),
    ("D2/hugging 1", 0.133),
    ("D3/bowing 1", 0.381),
    ("D1/waving 1", 0.401),
    ("D1/lunging 1", 0.401),
    ("D6/stretching 1", 0.501),
    ("D4/balancing 1", 0.629),
)
COLUMNS = 2


def main() -> None:
    """Write the picture and print the captions."""
    skeleton, dataset = load_skeleton("h36m17"), open_dataset("demo")
    rows = -(-len(CHOSEN) // COLUMNS)
    figure = plt.figure(figsize=(13, 2.6 * rows))
    grid = figure.add_gridspec(rows, 2 * COLUMNS, width_ratios=(1, 1.45) * COLUMNS, wspace=0.02, hspace=0.05)
    for place, (key, share) in enumerate(CHOSEN):
        sequence = dataset.read(key)
        frame = int(share * sequence.num_frames)
        pose = sequence.joints[frame]
        (caption,) = posecap.caption(pose[None], style="natural", seed=place)
        row, column = divmod(place, COLUMNS)
        solid = figure.add_subplot(grid[row, 2 * column], projection="3d")
        draw_pose_3d(solid, pose, skeleton)
        frame_pose_3d(solid, pose, azimuth=_from_the_front(pose, skeleton))
        text = figure.add_subplot(grid[row, 2 * column + 1])
        text.axis("off")
        text.text(0, 0.5, textwrap.fill(caption, 44), fontsize=9, va="center")
        print(f"{key}, frame {frame}: {caption}\n")
    out = Path(__file__).parent / "images" / "captions.png"
    figure.savefig(out, dpi=80, bbox_inches="tight")


def _from_the_front(pose, skeleton) -> float:
    """Azimuth in degrees from which the body is seen from the front, a little from its left."""
    import numpy as np

    right, left = (pose[skeleton.index(name)] for name in ("right_hip", "left_hip"))
    across = left - right
    return float(np.degrees(np.arctan2(-across[0], across[1]))) + 25


if __name__ == "__main__":
    main()
