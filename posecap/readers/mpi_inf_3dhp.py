"""MPI-INF-3DHP: poses in each camera's frame, brought into one world with gravity along minus z."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecap.cameras import Camera, camera_to_world, fit_rigid
from posecap.datasets import Intrinsics, load_dataset_manifest
from posecap.errors import InputError, unknown_name
from posecap.quality import hold
from posecap.readers import mpi_inf_3dhp_files as files
from posecap.sequences import Sequence, View

MAX_DISAGREEMENT = 0.01  # metres by which cameras may differ on the same pose
LEVEL = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])  # world (z up) to a camera held level


def open_dataset(
    root: Path | None, keypoints: tuple[str, ...] = ("gt",), variant: str = "auto", up: str = "published"
) -> MpiInf3dhp:
    """The data set in the folder `root`, from whichever of its files lie there.

    keypoints: "gt" or none, the files hold no detections. variant: "true_scale" (annot3, names that
    end in _ori), "universal" (univ_annot3), or "auto": the first of these that is there. up:
    "published", or "camera" to take cameras without a published place as held level.
    """
    if root is None:
        raise InputError("dataset mpi_inf_3dhp: needs a root, the folder in which its files lie")
    for value, known, what in ((variant, files.VARIANTS, "variant"), (up, ("published", "camera"), "up")):
        if value not in known:
            raise unknown_name(what, value, known)
    for source in keypoints:
        if source != "gt":
            raise unknown_name("2D source", source, ["gt"])
    return MpiInf3dhp(root, keypoints, variant, up)


@dataclass(frozen=True)
class _Place:
    """A camera's inside, and where it stands, if that is published."""

    inside: Intrinsics
    camera: Camera | None


class MpiInf3dhp:
    """Sequences "S1/Seq1" ... "S8/Seq2", "TS1" ... "TS6", joints in Human3.6M's order."""

    name = "mpi_inf_3dhp"
    skeleton = "h36m17"

    def __init__(self, root: Path, keypoints: tuple[str, ...], variant: str, up: str) -> None:
        self.manifest = load_dataset_manifest("mpi_inf_3dhp")
        self._with_2d, self._up = bool(keypoints), up
        self._recordings = files.find_recordings(root, variant)

    def keys(self) -> list[str]:
        return list(self._recordings)

    def num_frames(self, key: str) -> int:
        return self._cut(key, self._found(key).num_frames())

    def read(self, key: str) -> Sequence:
        recording = self._found(key).load()
        length = self._cut(key, recording.num_frames)
        poses = {name: pose[:length] for name, pose in recording.pose_3d.items()}
        valid = None if recording.valid is None else recording.valid[:length]
        places = {name: self._place(key, name) for name in poses}
        joints, cameras = _into_one_world(key, poses, places, valid)
        subject, _, take = key.partition("/")
        level = all(place.camera is None for place in places.values())
        return Sequence(
            key=key,
            subject=subject,
            action=take or subject,
            split=self.manifest.split_of(subject),
            fps=recording.fps or self._fps(key),
            joints=joints,
            up="z",
            source=recording.source + (", camera taken as held level" if level else ""),
            cameras=cameras,
            views={"gt": _views(recording, cameras, length)} if self._with_2d else {},
            valid=valid,
        ).check()

    def _found(self, key: str) -> files.Recording:
        if key not in self._recordings:
            raise unknown_name("sequence", key, self._recordings)
        return self._recordings[key]

    def _cut(self, key: str, num_frames: int) -> int:
        facts = self.manifest.recordings.get(key)
        return min(num_frames, facts.num_frames) if facts and facts.num_frames else num_frames

    def _fps(self, key: str) -> float:
        facts = self.manifest.recordings.get(key)
        return float((facts and facts.fps) or self.manifest.fps or 25)

    def _place(self, key: str, name: str) -> _Place:
        """Camera `name` of a training sequence, or the one camera of a test sequence."""
        subject = key.split("/")[0]
        if subject in self.manifest.extrinsics:
            placed = self.manifest.subject_cameras(subject)
            for camera in placed if name != files.ONLY_CAMERA else placed[:1]:
                if name in (camera.name, files.ONLY_CAMERA):
                    return _Place(self.manifest.intrinsics(camera.name), camera)
            raise InputError(f"{key}: camera {name} is not known")
        if self._up != "camera":
            raise InputError(
                f"{key}: where up is is not published; --option up=camera takes its camera as level"
            )
        return _Place(self.manifest.intrinsics("test outdoors"), None)


def _into_one_world(
    key: str, poses: dict[str, np.ndarray], places: dict[str, _Place], valid: np.ndarray | None
) -> tuple[np.ndarray, tuple[Camera, ...]]:
    """World joints (T, 17, 3) and cameras that give each camera's own poses (T, 17, 3) exactly.

    The first camera's published place gives the world; the others are placed by what they saw, since
    scaled skeletons do not stand where the published cameras see them. Frames that do not count and
    are not numbers hold the pose before them.
    """
    (first, reference), *_ = poses.items()
    world = camera_to_world(reference, _first_camera(places[first]))
    counts = np.isfinite(world).all(axis=(1, 2)) & (True if valid is None else valid)
    if not counts.any():
        raise InputError(f"{key}: has no frame that counts")
    cameras = []
    for name, pose in poses.items():
        both = counts & np.isfinite(pose).all(axis=(1, 2))
        if not both.any():
            raise InputError(f"{key}: camera {name} has no frame that counts")
        rotation, position, error = fit_rigid(world[both], pose[both])
        if error > MAX_DISAGREEMENT:
            raise InputError(
                f"{key}: cameras {first} and {name} differ by {error * 1000:.0f} mm on the same poses"
            )
        cameras.append(_camera(places[name], rotation, position))
    finite = np.isfinite(world).all(axis=(1, 2))
    return hold(world, finite | (True if valid is None else valid)), tuple(cameras)


def _first_camera(place: _Place) -> Camera:
    return place.camera or _camera(place, LEVEL, np.zeros(3))


def _camera(place: _Place, rotation: np.ndarray, position: np.ndarray) -> Camera:
    inside = place.inside
    return Camera(
        name=inside.name,
        width=inside.width,
        height=inside.height,
        focal=np.array(inside.focal),
        center=np.array(inside.center),
        radial=np.array(inside.radial),
        tangential=np.array(inside.tangential),
        rotation=rotation,
        position=position,
    )


def _views(recording: files.Content, cameras: tuple[Camera, ...], length: int) -> dict[str, View]:
    names = zip(recording.pose_2d.values(), cameras, strict=True)
    return {camera.name: _view(pose[:length]) for pose, camera in names}


def _view(pose_2d: np.ndarray) -> View:
    seen = np.isfinite(pose_2d).all(axis=-1)
    pose_2d = np.where(seen[..., None], pose_2d, 0).astype(np.float32)
    return View(pose_2d=pose_2d, confidence=seen.astype(np.float32))
