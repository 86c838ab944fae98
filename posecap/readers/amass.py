"""AMASS: SMPL-H or SMPL-X parameters in `.npz` files; joints by the user's body models, or given."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.io import npz_names, read_npy, read_npz
from posecap.io.smpl import MODELS, BodyModel, find_body_model, read_body_model
from posecap.readers import Dataset
from posecap.readers.motion_files import Motion, MotionFiles, Views, find_motions, keep_every, patterns
from posecap.skeletons import load_skeleton

SKELETONS = ("h36m17", "smpl22", "smplh52")
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps")


def open_dataset(
    root: Path | None = None,
    keypoints: tuple[str, ...] = ("gt",),
    *,
    body_models: str | Path | None = None,
    regressor: str | Path | None = None,
    skeleton: str = "h36m17",
    fps: float | None = None,
    babel: str | Path | None = None,
    test: str | tuple[str, ...] | None = None,
    cameras: int = 4,
    projection: str = "perspective",
    seed: int = 0,
) -> Dataset:
    """All AMASS sequences below `root`, metres, Z up.

    body_models: folder with the SMPL-H or SMPL-X models as `.npz` (not needed for files that hold an
    array `joints` (T, 22 or more, 3) in the models' joint order); regressor: `.npy` (17, vertices)
    for Human3.6M's joints, else they are means of the body's joints; skeleton: h36m17, smpl22 or
    smplh52; fps: frames are dropped, one in so many, to come near this rate; babel: BABEL's `.json`
    file or their folder, for labels; test: key patterns of the test split (else the manifest's).
    """
    views = Views(tuple(keypoints), int(cameras), projection, int(seed))
    models, joints = (str(path) if path else None for path in (body_models, regressor))
    motions = open_motions(root, views, models, joints, skeleton, fps, patterns(test))
    if babel is None:
        return motions
    from posecap.readers.babel import label_motions

    return label_motions(motions, Path(babel))


def open_motions(
    root: Path | None,
    views: Views,
    models: str | None,
    regressor: str | None,
    skeleton: str,
    fps: float | None,
    test: tuple[str, ...] = (),
) -> AmassFiles:
    """The sequences without BABEL's labels; arguments as of `open_dataset`."""
    check_skeleton(skeleton)
    files = _sequences(find_motions(root, (".npz",), "amass"), root)
    load = partial(read_motion, models=models, regressor=regressor, skeleton=skeleton, fps=fps)
    count = partial(count_frames, fps=fps)
    return AmassFiles(load_dataset_manifest("amass"), skeleton, files, load, count, views, test)


def check_skeleton(skeleton: str) -> None:
    """InputError for a skeleton that bodies of this family do not have."""
    if skeleton not in SKELETONS:
        raise InputError(f"amass: skeleton is '{skeleton}', expected one of {', '.join(SKELETONS)}")


class AmassFiles(MotionFiles):
    """AMASS's own subjects and split: both come from the folders."""

    def subject(self, key: str) -> str:
        """ "CMU/01" of "CMU/01/01_01_poses"."""
        return key.rsplit("/", 1)[0] if "/" in key else self.files[key].parent.name

    def split(self, key: str) -> str:
        """By the data set's patterns, else by the subset's place in the manifest."""
        if self.test:
            return super().split(key)
        known = (self.manifest.split_of(part) for part in self.files[key].parts)
        return next((split for split in known if split), "train")


def _sequences(files: dict[str, Path], root: Path | None) -> dict[str, Path]:
    """Without the files of shapes and of the first fitting stage, which hold no motion."""
    kept = {key: path for key, path in files.items() if not key.endswith(("shape", "_stagei"))}
    if not kept:
        raise InputError(f"{root}: holds no AMASS sequences (.npz with poses and trans)")
    return kept


def read_motion(
    path: Path,
    models: str | None = None,
    regressor: str | None = None,
    skeleton: str = "h36m17",
    fps: float | None = None,
) -> Motion:
    """One sequence; InputError names what the file or the body models lack."""
    names = npz_names(path)
    rate = _rate(path, names)
    every = keep_every(rate, fps)
    if "joints" in names:
        joints, told = _given_joints(path, skeleton), "joints as given"
        joints = joints[::every]
    else:
        joints, told = _model_joints(path, names, models, regressor, skeleton, every)
    return Motion(joints.astype(np.float32), rate / every, source=f"{path.name}: {told}")


def count_frames(path: Path, fps: float | None = None) -> int:
    """Number of frames that are kept."""
    names = npz_names(path)
    array = "joints" if "joints" in names else "trans"
    return -(-len(read_npz(path, [array])[array]) // keep_every(_rate(path, names), fps))


def _rate(path: Path, names: list[str]) -> float:
    found = [name for name in _RATES if name in names]
    if not found:
        raise InputError(f"{path}: has no frame rate ({', '.join(_RATES)})")
    rate = float(np.asarray(read_npz(path, found[:1])[found[0]]).reshape(-1)[0])
    if not rate > 0:
        raise InputError(f"{path}: {found[0]} is {rate:g}")
    return rate


def _given_joints(path: Path, skeleton: str) -> np.ndarray:
    joints = read_npz(path, ["joints"])["joints"]
    if not isinstance(joints, np.ndarray) or joints.ndim != 3 or joints.shape[2] != 3:
        raise InputError(f"{path}: joints: expected (frames, joints, 3)")
    return _as_skeleton(joints, skeleton, str(path))


def _as_skeleton(joints: np.ndarray, skeleton: str, source: str) -> np.ndarray:
    if skeleton == "h36m17" and joints.shape[1] == 17:
        return joints
    wanted = 52 if skeleton == "smplh52" else 22
    if joints.shape[1] < wanted:
        raise InputError(f"{source}: has {joints.shape[1]} joints, {skeleton} needs {wanted}")
    body = joints[:, :wanted]
    return load_skeleton("smpl22").to_h36m17(body) if skeleton == "h36m17" else body


def _model_joints(
    path: Path, names: list[str], models: str | None, regressor: str | None, skeleton: str, every: int
) -> tuple[np.ndarray, str]:
    missing = [name for name in ("poses", "trans", "betas") if name not in names]
    if missing:
        raise InputError(f"{path}: has neither 'joints' nor '{missing[0]}'; it holds {', '.join(names)}")
    arrays = read_npz(path, ["poses", "trans", "betas", *(["gender"] if "gender" in names else [])])
    poses, trans = (np.asarray(arrays[name], dtype=np.float64)[::every] for name in ("poses", "trans"))
    kind, gender = MODELS.get(poses.shape[-1], ""), _gender(arrays.get("gender", "neutral"))
    if not kind or len(poses) != len(trans):
        raise InputError(f"{path}: poses {poses.shape} and trans {trans.shape} are of no SMPL body")
    if models is None:
        raise InputError(
            f"{path}: holds body parameters; joints need the body models ({kind}, {gender}): "
            "add body_models=FOLDER, or save the joints in the file as 'joints' (frames, 22, 3)"
        )
    body = _body_model(find_body_model(Path(models), kind, gender))
    betas = np.asarray(arrays["betas"], dtype=np.float64).reshape(-1)
    if regressor is not None and skeleton == "h36m17":
        return body.regressed(
            _regressor(regressor), poses, trans, betas
        ), f"{kind} {gender}, h36m17 by joint regressor"
    if skeleton == "smplh52" and kind != "smplh":
        raise InputError(f"{path}: is {kind}, which has no joints of skeleton smplh52; take smpl22")
    told = "" if skeleton != "h36m17" else ", h36m17 by joint mapping"
    return _as_skeleton(body.joints(poses, trans, betas), skeleton, str(path)), f"{kind} {gender}{told}"


def _gender(value: Any) -> str:
    text = np.asarray(value).reshape(-1)[0]
    return (text.decode() if isinstance(text, bytes) else str(text)).strip().lower()


@cache
def _body_model(path: Path) -> BodyModel:
    return read_body_model(path)


@cache
def _regressor(path: str) -> np.ndarray:
    array = read_npy(path)
    if array.ndim != 2 or array.shape[0] != 17:
        raise InputError(f"{path}: expected a joint regressor (17, vertices), found {array.shape}")
    return array.astype(np.float64)
