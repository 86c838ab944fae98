"""True poses beside lifted ones: from shards, or from a file of 3D poses."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posecap.errors import InputError, unknown_name

FRAMES = ("camera", "world")


@dataclass(frozen=True)
class Truth:
    """True poses (T, 17, 3), metres, relative to the root, from the first frame of the video on.

    known: (T,) bool, frames whose pose may be measured against; fps: None where they are the
    keypoints' own frames; world: whether the axes are those of a world that the camera's place in is
    not known, so that a rotation must be fitted.
    """

    pose: np.ndarray
    known: np.ndarray
    fps: float | None = None
    world: bool = False

    def at(self, times: np.ndarray, fps: float) -> np.ndarray:
        """(N, 17, 3) at `times` (N,) in seconds, between frames linearly; NaN where not known.

        fps: of the poses, where they do not tell.
        """
        places = times * (self.fps or fps)
        low = np.floor(places + 1e-6).astype(int)
        part = np.clip(places - low, 0, 1)
        high = low + (part > 1e-6)
        inside = (low >= 0) & (high < len(self.pose))
        low, high = (np.clip(index, 0, len(self.pose) - 1) for index in (low, high))
        weight = part[:, None, None]
        pose = (1 - weight) * self.pose[low] + weight * self.pose[high]
        pose[~(inside & self.known[low] & self.known[high])] = np.nan
        return pose


def read_truth(path: Path, frame: str | None, sequence: str | None = None) -> Truth:
    """The truth in a file of 3D poses of 17 joints; InputError where it cannot serve.

    frame: "camera" (x right, y down, z away) or "world"; None: what the file's format tells, else camera.
    """
    from posecap.readers.one_file import read_one_file

    if frame is not None and frame not in FRAMES:
        raise unknown_name("frame of the truth", frame, FRAMES)
    found = read_one_file(path, sequence=sequence)
    if found.joints.shape[1] != 17:
        raise InputError(f"{path}: has {found.joints.shape[1]} joints, the truth needs h36m17's 17")
    world = frame == "world" or (frame is None and found.up in ("y", "z"))
    pose = (found.joints - found.joints[:, :1]).astype(np.float64)
    return Truth(pose, np.isfinite(pose).all(axis=(1, 2)), found.fps, world)


def fit_rotation(pose: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`truth` (T, J, 3) turned by the one rotation that brings it nearest to `pose`; NaN frames stay.

    Least squares over all frames and joints (Kabsch, 1976).
    """
    known = np.isfinite(truth).all(axis=(1, 2))
    left, _, right = np.linalg.svd(np.einsum("tji,tjk->ik", truth[known], pose[known]))
    sign = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    return truth @ (left * sign @ right)


def errors(pose: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(T,) mean distance of the joints in millimetres, the root counted; NaN where the truth is."""
    return 1000 * np.linalg.norm(pose - truth, axis=-1).mean(axis=-1)


def cut_to(truth: Truth, num_frames: int) -> Truth:
    """The truth without what lies after the video."""
    return replace(truth, pose=truth.pose[:num_frames], known=truth.known[:num_frames])
