"""Human3.6M, from whichever of its files lie under the root.

`archives`: the pair of npz files that lifters exchange; `source`: the original pose files (cdf, h5);
`motionbert`: MotionBERT's pickle with its detections. One module each reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from posecap.cameras import Camera, project, world_to_camera
from posecap.datasets import DatasetManifest, load_dataset_manifest
from posecap.errors import InputError, unknown_name
from posecap.io import Scratch, StoredArray
from posecap.readers import h36m_archives as archives
from posecap.readers import h36m_motionbert as motionbert
from posecap.readers import h36m_source as source_files
from posecap.readers.h36m_names import action_of, camel_to_words
from posecap.sequences import Label, Sequence, View

LAYOUTS: dict[str, Callable[[Path], bool]] = {
    "archives": lambda root: (root / archives.POSES_FILE).is_file(),
    "motionbert": lambda root: (root / motionbert.FILE).is_file(),
    "source": lambda root: bool(source_files.find_files(root)),
}


def open_dataset(
    root: Path | None, keypoints: tuple[str, ...] = ("gt",), files: str = "auto", protocol: str = "all"
) -> H36m | motionbert.MotionBert:
    """The data set in the folder `root`, with 2D sources such as "gt" or "cpn_ft_h36m_dbb".

    files: archives, motionbert, source, or auto, the first of them that is there. protocol:
    "motionbert" leaves out the test recordings that MotionBERT leaves out (its pickle only).
    """
    if root is None:
        raise InputError("dataset h36m: needs a root, the folder in which data_3d_h36m.npz lies")
    if files not in ("auto", *LAYOUTS):
        raise unknown_name("kind of files", files, ["auto", *LAYOUTS])
    if protocol not in motionbert.PROTOCOLS:
        raise unknown_name("protocol", protocol, motionbert.PROTOCOLS)
    if files == "auto":
        files = next((name for name, is_there in LAYOUTS.items() if is_there(root)), "archives")
    if files == "motionbert":
        return motionbert.MotionBert(root, keypoints, protocol)
    return H36m(root, keypoints, files)


class H36m:
    """Sequences "S9/Walking 1"; every subject, action and camera is found at opening, or named.

    The archives are unpacked once, into a scratch file that forked workers share; memory holds a sequence.
    """

    name = "h36m"
    skeleton = "h36m17"

    def __init__(self, root: Path, keypoints: tuple[str, ...], files: str = "archives") -> None:
        self.manifest: DatasetManifest = load_dataset_manifest("h36m")
        self._arguments = (root, keypoints, files)
        scratch = Scratch()
        self._joints: dict[str, np.ndarray | StoredArray] = (
            archives.read_joints(root / archives.POSES_FILE, scratch)
            if files == "archives"
            else source_files.read_joints(root, scratch)
        )
        subjects = dict.fromkeys(key.split("/")[0] for key in self._joints)
        self._cameras = {subject: self.manifest.subject_cameras(subject) for subject in subjects}
        lengths = {key: len(motion) for key, motion in self._joints.items()}
        self._projected = files == "source" and "gt" in keypoints
        read_from_files = [name for name in keypoints if not (self._projected and name == "gt")]
        self._tracks = {
            name: archives.read_tracks(root, name, lengths, self._cameras, scratch)
            for name in read_from_files
        }
        self._sources = keypoints

    def __reduce__(self) -> tuple[type[H36m], tuple[Path, tuple[str, ...], str]]:
        """Another process opens the files itself rather than being sent their content."""
        return H36m, self._arguments

    def keys(self) -> list[str]:
        return list(self._joints)

    def num_frames(self, key: str) -> int:
        return len(self._found(key))

    def read(self, key: str) -> Sequence:
        joints = archives.kept_joints(self._found(key))
        subject, recording = key.split("/", 1)
        action = action_of(recording)
        return Sequence(
            key=key,
            subject=subject,
            action=action,
            split=self.manifest.split_of(subject),
            fps=float(self.manifest.fps or 50),
            joints=joints,
            up="z",
            source=archives.POSES_FILE if self._arguments[2] == "archives" else source_files.SOURCE,
            labels=(Label(camel_to_words(action), 0, len(joints)),),
            cameras=self._cameras[subject],
            views={source: self._views_of(source, key, joints) for source in self._sources},
        ).check()

    def _found(self, key: str) -> np.ndarray | StoredArray:
        if key not in self._joints:
            raise unknown_name("sequence", key, self._joints)
        return self._joints[key]

    def _views_of(self, source: str, key: str, joints: np.ndarray) -> dict[str, View]:
        cameras = self._cameras[key.split("/")[0]]
        if source in self._tracks:
            views = [track.view() for track in self._tracks[source][key]]
        else:
            views = [_projected(joints, camera) for camera in cameras]
        return {camera.name: view for camera, view in zip(cameras, views, strict=True)}


def _projected(joints: np.ndarray, camera: Camera) -> View:
    pixels = project(world_to_camera(joints.astype(np.float64), camera), camera).astype(np.float32)
    return View(pose_2d=pixels, confidence=np.broadcast_to(np.float32(1), pixels.shape[:2]))
