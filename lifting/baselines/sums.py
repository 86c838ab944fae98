"""Going once through the frames of training clips."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lifting.data import Clips
from posecap.errors import InputError


def training_frames(clips: Clips, batch: int = 256) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(N, J, 3) 2D poses with confidence and (N, J, 3) 3D poses of the frames that count, part by part."""
    if not len(clips):
        raise InputError("there are no training clips to fit a baseline to")
    for items in np.split(np.arange(len(clips)), range(batch, len(clips), batch)):
        cut = clips.batch(items)
        counts = (cut["weight"] > 0) & (cut["labelled"] > 0)[:, None]
        yield cut["pose_2d"][counts], cut["pose_3d"][counts]
