"""A Rerun recording of lifted people: 2D, 3D and, if given, captions on one timeline (extra `[view]`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lifting.prediction.files import Prediction, PredictionFile, check_places
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

TRUE_COLOR = (184, 184, 184)
SIDES = {"left": (209, 73, 91), "right": (0, 121, 140), "middle": (48, 50, 61)}


def check_recording(path: Path) -> None:
    """InputError where Rerun is not installed or the file has no place, before any work is done."""
    check_places(rrd=path)
    try:
        import rerun  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise InputError(f"{path}: recordings need Rerun: pip install 'posecap[view]'") from error


def write_recording(path: Path, made: PredictionFile, captions: Sequence[Sequence[str]] = ()) -> None:
    """Writes an `.rrd`: entities `<person>/pose_2d`, `/pose_3d`, `/truth_3d`, `/caption` over `time`.

    captions: for each person one a frame. 3D is in the camera's frame, at the estimated root; the truth,
    where it is known, too. InputError where the extra is not installed or the file cannot be written.
    """
    check_recording(path)
    import rerun

    recording = rerun.RecordingStream("posecap")
    try:
        recording.save(str(path))
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be written ({error})") from error
    recording.log("/", rerun.ViewCoordinates.RDF, static=True)
    for number, one in enumerate(made.people):
        _log_person(recording, one, made.fps, captions[number] if captions else ())
    recording.flush()
    recording.disconnect()


def _log_person(recording: object, one: Prediction, fps: float, captions: Sequence[str]) -> None:
    import rerun

    assert isinstance(recording, rerun.RecordingStream)  # noqa: S101 - the type is imported only here
    bones, colors = _bones()
    joints, name = one.pose + one.root[:, None], f"person_{one.person.id}"
    for row in range(len(joints)):
        recording.set_time("time", duration=(one.person.start + row) / fps)
        recording.log(f"{name}/pose_2d", rerun.LineStrips2D(one.person.pose_2d[row][bones], colors=colors))
        recording.log(f"{name}/pose_3d", rerun.LineStrips3D(joints[row][bones], colors=colors))
        if one.truth is not None and np.isfinite(one.truth[row]).all():
            strips = (one.truth[row] + one.root[row])[bones]
            recording.log(f"{name}/truth_3d", rerun.LineStrips3D(strips, colors=TRUE_COLOR))
        if captions:
            recording.log(f"{name}/caption", rerun.TextDocument(captions[row]))


def _bones() -> tuple[np.ndarray, list[tuple[int, int, int]]]:
    """(16, 2) joints of the bones, and a colour each."""
    skeleton = load_skeleton("h36m17")
    pairs = [(parent, child) for child, parent in enumerate(skeleton.parents) if parent >= 0]
    sides = [skeleton.joints[child].split("_")[0] for _, child in pairs]
    return np.array(pairs), [SIDES.get(side, SIDES["middle"]) for side in sides]
