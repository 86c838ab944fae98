"""Cutting views into clips: integers only, so that a whole epoch is planned without reading a pose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.errors import InputError

GRIDS = {
    "centred": "half of the excess before the first frame, half after the last (VideoPose3D's training)",
    "last-overlaps": "from the first frame on; the last clip holds the last frames; padding counts (D3DP)",
    "whole-clips": "from the first frame on; what is left at the end is dropped (MotionBERT)",
}


@dataclass(frozen=True)
class Windows:
    """How views are cut.

    frames: frames of a clip; stride: clip frames from one clip's start to the next (None: `frames`,
    then every frame is in exactly one clip); rate: frames a second that clips keep (None: all; the
    frames left out of one clip are in the clips of another phase); grid: see GRIDS.
    """

    frames: int
    stride: int | None = None
    rate: float | None = None
    grid: str = "centred"

    def step(self, fps: float) -> int:
        """Recorded frames from one clip frame to the next."""
        return 1 if self.rate is None else max(1, round(fps / self.rate))

    def kept_rate(self, fps: float) -> float:
        """Frames a second that clips have: the nearest to `rate` that recordings at `fps` can give."""
        return fps / self.step(fps)


def starts_from_zero(num_frames: int, windows: Windows) -> np.ndarray:
    """(C,) starts of consecutive clips by the two grids of public test scripts; one clip if too short."""
    whole = windows.frames * np.arange(max(1, num_frames // windows.frames))
    if windows.grid == "last-overlaps" and num_frames > windows.frames and num_frames % windows.frames:
        return np.append(whole, num_frames - windows.frames)
    return whole


def clip_starts(num_frames: int, windows: Windows, step: int = 1) -> np.ndarray:
    """(C,) recorded frame at which each clip starts; negative where the grid begins before the view.

    The frames of each phase (0..step-1) are covered by a centred grid: half of the excess lies before
    the first frame, half after the last, as in the VideoPose3D family (recipes, section 1).
    """
    if num_frames < 1 or windows.frames < 1 or (windows.stride or 1) < 1:
        raise InputError("clips: frames, stride and the length of a view must be at least 1")
    if windows.grid != "centred":
        return starts_from_zero(num_frames, windows)
    starts = [_phase_starts(num_frames, windows, step, phase) for phase in range(min(step, num_frames))]
    return np.concatenate(starts).astype(np.int64)


def _phase_starts(num_frames: int, windows: Windows, step: int, phase: int) -> np.ndarray:
    length = -(-(num_frames - phase) // step)
    stride = windows.stride or windows.frames
    num_clips = 1 + max(0, -(-(length - windows.frames) // stride))
    excess = (num_clips - 1) * stride + windows.frames - length
    return phase + step * (np.arange(num_clips) * stride - max(0, excess) // 2)


def clip_frames(
    start: int, frames: int, step: int, num_frames: int, grid: str = "centred"
) -> tuple[np.ndarray, np.ndarray]:
    """Recorded frames (F,) of a clip, edges repeated outside the view, and their weights (F,), 1 inside.

    By the public test grids padding weighs 1; MotionBERT stretches a view that is too short instead
    (by random repeats; here evenly).
    """
    if grid == "whole-clips" and num_frames < frames:
        return np.linspace(0, num_frames - 1, frames).round().astype(np.int64), np.ones(frames, np.float32)
    if grid != "centred":
        return np.minimum(start + np.arange(frames), num_frames - 1), np.ones(frames, np.float32)
    wanted = start + step * np.arange(frames)
    first = start % step
    last = first + step * ((num_frames - 1 - first) // step)
    inside = (wanted >= 0) & (wanted < num_frames)
    return np.clip(wanted, first, last), inside.astype(np.float32)
