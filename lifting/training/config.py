"""What a training run is told, apart from its recipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lifting.data.videos import Videos
from lifting.data.written import Span
from lifting.recipes import Recipe


@dataclass(frozen=True)
class TrainConfig:
    """features: shard directory; out: run folder; keypoints: 2D source (None: the only one there).

    written: captions by sequence that stand in place of the shards' for subjects without 3D;
    videos: what else is trained on, with 2D and written captions only;
    resume: go on with the run in `out`; device: "auto", "cpu", "cuda", ...
    """

    features: Path
    recipe: Recipe
    out: Path
    keypoints: str | None = None
    seed: int = 0
    device: str = "auto"
    resume: bool = False
    tensorboard: bool = False
    written: Mapping[str, Sequence[Span]] | None = None
    videos: Videos | None = None
