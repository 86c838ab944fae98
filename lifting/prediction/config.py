"""What `predict_file` is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PredictionConfig:
    """One run of `predict_file`; None takes what the file or the run says, and outputs of None are not made.

    keypoints: a file or folder of a format of `posecap.keypoints`, or a video; size: image width, height;
    fps: of the file; layout: order of the file's points; weights: folder of a detector's weights, where
    `keypoints` is a video. Or else features: shards, of which one view is lifted: sequence: its key;
    camera: its name or number; source: the 2D source.
    hypotheses, steps: of diffusion; rate: frames a second the run was trained at, to which others are
    resampled; focal: pixels;
    height: stature in metres that the bodies get; truth: a file of true 3D poses of the person seen
    longest, in the camera's frame unless it is in a world of its own (`truth_frame`: camera, world).
    """

    run: Path
    keypoints: Path | None = None
    out: Path | None = None
    format: str = "auto"
    size: tuple[int, int] | None = None
    fps: float | None = None
    rate: float | None = None
    focal: float | None = None
    height: float | None = None
    layout: str | None = None
    features: Path | None = None
    sequence: str | None = None
    camera: str | None = None
    source: str | None = None
    truth: Path | None = None
    truth_frame: str | None = None
    bvh: Path | None = None
    movie: Path | None = None
    weights: Path | None = None
    flip: bool | None = None
    hypotheses: int | None = None
    steps: int | None = None
    device: str = "auto"
