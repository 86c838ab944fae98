"""BABEL: labels in words for AMASS sequences, of the whole and of spans of time (Punnakkal et al., 2021)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from posecap.datasets import DatasetManifest, load_dataset_manifest
from posecap.errors import InputError
from posecap.io.poses import read_json
from posecap.readers.amass import open_motions
from posecap.readers.motion_files import MotionFiles, Views
from posecap.sequences import Label, Sequence


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    babel: str | Path | None = None,
    body_models: str | Path | None = None,
    regressor: str | Path | None = None,
    skeleton: str = "h36m17",
    fps: float | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> LabelledMotions:
    """The AMASS sequences below `root` that BABEL labels, split as BABEL's files are.

    babel: BABEL's `.json` file or their folder (by default `root`); the other options are those of
    the reader amass.
    """
    if root is None:
        raise InputError("dataset babel: needs a root, the folder of AMASS")
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    models, joints = (str(path) if path else None for path in (body_models, regressor))
    motions = open_motions(root, views, models, joints, skeleton, fps)
    labelled = label_motions(motions, Path(babel) if babel is not None else root)
    keys = [key for key in motions.keys() if _place(key) in labelled.entries]  # noqa: SIM118
    if not keys:
        raise InputError(f"{root}: holds none of the {len(labelled.entries)} sequences that BABEL labels")
    kept = replace(motions, files={key: motions.files[key] for key in keys})
    return replace(labelled, motions=kept, manifest=load_dataset_manifest("babel"))


@dataclass(frozen=True)
class LabelledMotions:
    """Motions of AMASS with BABEL's labels in place of the files' names."""

    motions: MotionFiles
    entries: dict[str, tuple[str, dict[str, Any]]]
    manifest: DatasetManifest

    @property
    def name(self) -> str:
        return self.manifest.name

    @property
    def skeleton(self) -> str:
        return self.motions.skeleton

    def keys(self) -> list[str]:
        """All sequence keys."""
        return self.motions.keys()

    def num_frames(self, key: str) -> int:
        """Length of a sequence."""
        return self.motions.num_frames(key)

    def read(self, key: str) -> Sequence:
        """The sequence with its labels; one that BABEL does not know keeps its own split and no labels."""
        sequence = self.motions.read(key)
        split, entry = self.entries.get(_place(key), (sequence.split, {}))
        try:
            labels = entry_to_labels(entry, sequence.fps, sequence.num_frames)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            raise InputError(f"{key}: BABEL's labels of it are not understood ({error})") from error
        return replace(sequence, split=split, labels=labels)


def label_motions(motions: MotionFiles, babel: Path) -> LabelledMotions:
    """Motions with the labels of one BABEL file, or of all in a folder."""
    paths = sorted(babel.glob("*.json")) if babel.is_dir() else [babel]
    entries: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in paths:
        split = next((name for name in ("train", "val", "test") if name in path.stem), "train")
        for entry in _entries(path):
            place = _place(str(entry["feat_p"]).split("/", 1)[-1])
            known = entries.get(place, (split, {}))[1]
            entries[place] = (split, {**known, **entry, "more": [*known.get("more", []), entry]})
    if not entries:
        raise InputError(f"{babel}: holds no BABEL annotations (train.json, val.json, ...)")
    return LabelledMotions(motions, entries, motions.manifest)


def _entries(path: Path) -> list[dict[str, Any]]:
    content = read_json(path)
    entries = list(content.values()) if isinstance(content, dict) else []
    if not entries or not all(isinstance(entry, dict) and "feat_p" in entry for entry in entries):
        raise InputError(f"{path}: not a BABEL file: expected a dictionary of sequences, each with 'feat_p'")
    return entries


def _place(key: str) -> str:
    """A sequence's path in AMASS without what differs between its releases."""
    name = key.removesuffix(".npz")
    for ending in ("_poses", "_stageii"):
        name = name.removesuffix(ending)
    return name.replace(" ", "_")


def entry_to_labels(entry: dict[str, Any], fps: float, num_frames: int) -> tuple[Label, ...]:
    """Labels of one BABEL entry: level "sequence" for the whole, "frame" for spans; they may overlap."""
    labels: list[Label] = []
    for one in entry.get("more", [entry]):
        for level in ("seq", "frame"):
            single, several = one.get(f"{level}_ann"), one.get(f"{level}_anns")
            for annotation in [single, *(several or [])]:
                for label in (annotation or {}).get("labels") or []:
                    labels.append(_label(label, level, fps, num_frames))
    return tuple(dict.fromkeys(label for label in labels if label.text and label.end > label.start))


def _label(label: dict[str, Any], level: str, fps: float, num_frames: int) -> Label:
    text = str(label.get("proc_label") or label.get("raw_label") or "").strip()
    if level == "seq":
        return Label(text, 0, num_frames, "sequence")
    start = math.floor(float(label.get("start_t") or 0) * fps + 1e-6)
    end = math.ceil(float(label.get("end_t") or 0) * fps - 1e-6)
    return Label(text, max(start, 0), min(end, num_frames), "frame")
