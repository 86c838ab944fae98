"""What every reader gives: a motion with its labels, cameras and 2D views."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from posecap.cameras import Camera
from posecap.errors import InputError
from posecap.quality import UnusableFrames, check_unit, find_problems


@dataclass(frozen=True)
class Label:
    """A text that holds from frame `start` up to, not including, `end`."""

    text: str
    start: int
    end: int
    level: str = "sequence"


@dataclass(frozen=True)
class View:
    """2D keypoints of one sequence in one camera: pose_2d (T, J, 2) pixels, confidence (T, J) in 0..1."""

    pose_2d: np.ndarray
    confidence: np.ndarray


@dataclass(frozen=True)
class Sequence:
    """One recorded motion.

    joints: (T, J, 3) float32, metres, world frame, gravity along minus `up`; valid: (T,) bool, frames
    that count in an evaluation (all, where it is None).
    views: source name ("gt", "cpn_ft_h36m_dbb", ...) -> camera name -> View.
    """

    key: str
    subject: str
    action: str
    split: str
    fps: float
    joints: np.ndarray
    skeleton: str = "h36m17"
    up: str = "z"
    source: str = ""
    labels: tuple[Label, ...] = ()
    cameras: tuple[Camera, ...] = ()
    views: dict[str, dict[str, View]] = field(default_factory=dict)
    valid: np.ndarray | None = None

    @property
    def num_frames(self) -> int:
        return len(self.joints)

    def check(self) -> Sequence:
        """Self, or an InputError that names the sequence and the first frame that is not usable.

        Unusable frames (`posecap.quality`) raise UnusableFrames, which carries the sequence.
        """
        if self.joints.ndim != 3 or self.joints.shape[2] != 3:
            raise InputError(f"{self.key}: expected poses (frames, joints, 3), found {self.joints.shape}")
        if not self.num_frames:
            raise InputError(f"{self.key}: has no frames")
        for source, cameras in self.views.items():
            for camera, view in cameras.items():
                self._check_view(view, f"{self.key}: {source} 2D in camera {camera}")
        check_unit(self)
        problems = find_problems(self)
        if problems:
            num_more = len(problems) - 1
            more = f", and {num_more} more problem{'s' * (num_more > 1)}" if num_more else ""
            raise UnusableFrames(problems[0].line(self.key) + more, self, problems)
        return self

    def _check_view(self, view: View, name: str) -> None:
        expected = (*self.joints.shape[:2], 2)
        if view.pose_2d.shape != expected:
            raise InputError(f"{name}: expected keypoints {expected}, found {view.pose_2d.shape}")
        if view.confidence.shape != expected[:2]:
            raise InputError(f"{name}: expected confidences {expected[:2]}, found {view.confidence.shape}")
