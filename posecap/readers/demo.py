"""The built-in demo data set: procedural motion, four cameras, exact and simulated-detector 2D; no files."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posecap.cameras import Camera, project, world_to_camera
from posecap.datasets import DatasetManifest, load_dataset_manifest
from posecap.demo import FPS, make_motion
from posecap.demo.settings import demo_settings
from posecap.detections import simulate_detections
from posecap.errors import InputError, unknown_name
from posecap.sequences import Label, Sequence, View
from posecap.skeletons import load_skeleton

SOURCES = ("gt", "sim")
LONGEST = 3600
Names = str | tuple[str, ...] | list[str] | None


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    subjects: Names = None,
    actions: Names = None,
    takes: int | None = None,
    seconds: float | None = None,
    seed: int = 0,
) -> DemoDataset:
    """The demo's sequences, the same for the same arguments; `root` is not used.

    subjects, actions: names to keep (a list, or one text with commas); takes: repetitions of each
    action; seconds: length of a sequence. InputError for unknown names and for lengths under 0.1 s.
    """
    settings = demo_settings()
    for source in keypoints:
        if source not in SOURCES:
            raise unknown_name("2D source of the demo", source, SOURCES)
    length = settings.seconds if seconds is None else float(seconds)
    num_takes = settings.takes if takes is None else int(takes)
    if not 0.1 <= length <= LONGEST or num_takes < 1:
        raise InputError(
            f"demo: expected seconds from 0.1 to {LONGEST} and takes >= 1, found {length:g} and {num_takes}"
        )
    people = _chosen("demo subject", subjects, tuple(settings.subjects))
    scripts = _chosen("demo action", actions, settings.actions)
    sequences = {
        f"{subject}/{action} {take}": (subject, action, take)
        for subject in people
        for action in scripts
        for take in range(1, num_takes + 1)
    }
    return DemoDataset(load_dataset_manifest("demo"), tuple(keypoints), sequences, length, int(seed))


def _chosen(what: str, wanted: Names, known: tuple[str, ...]) -> tuple[str, ...]:
    if wanted is None:
        return known
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else list(wanted)
    for name in names:
        if name not in known:
            raise unknown_name(what, name, known)
    return tuple(name for name in known if name in names)


@dataclass(frozen=True)
class DemoDataset:
    """What `open_dataset` gives; sequences are made when they are read."""

    manifest: DatasetManifest
    keypoints: tuple[str, ...]
    sequences: dict[str, tuple[str, str, int]] = field(repr=False)
    seconds: float
    seed: int
    name: str = "demo"
    skeleton: str = "h36m17"

    def keys(self) -> list[str]:
        """All sequence keys, "D1/walking 1" and so on."""
        return list(self.sequences)

    def num_frames(self, key: str) -> int:
        """Length of any sequence: the same for all."""
        self._find(key)
        return round(self.seconds * FPS)

    def read(self, key: str) -> Sequence:
        """Makes the sequence; a pure function of the key, the length and the seed."""
        subject, action, take = self._find(key)
        motion = make_motion(subject, action, take, self.seconds, self.seed)
        cameras = self.manifest.subject_cameras(subject)
        return Sequence(
            key=key,
            subject=subject,
            action=action,
            split=self.manifest.split_of(subject),
            fps=float(FPS),
            joints=motion.joints,
            source=f"procedural, seed {self.seed}",
            labels=(Label(motion.label, 0, len(motion.joints)),),
            cameras=cameras,
            views=self._views(key, motion.joints, cameras),
        ).check()

    def _find(self, key: str) -> tuple[str, str, int]:
        if key not in self.sequences:
            raise unknown_name("demo sequence", key, self.sequences)
        return self.sequences[key]

    def _views(self, key: str, joints: np.ndarray, cameras: tuple[Camera, ...]) -> dict[str, dict[str, View]]:
        exact = np.stack([project(world_to_camera(joints, camera), camera) for camera in cameras])
        made = {"gt": (exact, np.ones(exact.shape[:-1], np.float32))}
        if "sim" in self.keypoints:
            made["sim"] = simulate_detections(exact, load_skeleton(self.skeleton), FPS, key, self.seed)
        return {source: _by_camera(cameras, *made[source]) for source in self.keypoints}


def _by_camera(cameras: tuple[Camera, ...], pose_2d: np.ndarray, confidence: np.ndarray) -> dict[str, View]:
    triples = zip(cameras, pose_2d, confidence, strict=True)
    return {camera.name: View(pixels, trust) for camera, pixels, trust in triples}
