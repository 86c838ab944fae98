"""SMPL-family bodies in NumPy: joints and vertices from pose, translation and shape (Loper et al., 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posecap.errors import InputError
from posecap.io.npy import npz_names, read_npz
from posecap.kinematics import forward_kinematics

# width of a file's pose -> model: 3 numbers a joint
MODELS = {72: "smpl", 156: "smplh", 165: "smplx"}
_CHUNK = 32


@dataclass(frozen=True)
class BodyModel:
    """A body model's arrays: template (V, 3), shapes (V, 3, B), regressor (J, V), parents.

    For vertices: pose blend shapes (V, 3, 9 (J - 1)) and skinning weights (V, J); empty where a file
    has none.
    """

    template: np.ndarray
    shapes: np.ndarray
    regressor: np.ndarray
    parents: tuple[int, ...]
    pose_shapes: np.ndarray
    weights: np.ndarray

    def joints(self, poses: np.ndarray, trans: np.ndarray, betas: np.ndarray) -> np.ndarray:
        """(T, J, 3) metres from axis-angle poses (T, 3 J) radians, translation (T, 3), shape (B,)."""
        rest = self.regressor @ self._shaped(betas)
        positions, _ = self._moved(rest, axis_angles_to_matrices(poses.reshape(len(poses), -1, 3)))
        return positions + trans[:, None]

    def regressed(
        self, regressor: np.ndarray, poses: np.ndarray, trans: np.ndarray, betas: np.ndarray
    ) -> np.ndarray:
        """(T, R, 3) metres: joints that a regressor (R, V) takes from the posed vertices."""
        if not self.pose_shapes.size or not self.weights.size:
            raise InputError("the body model has no posedirs or weights, which a joint regressor needs")
        if regressor.shape[1] != len(self.template):
            raise InputError(
                f"the joint regressor is for {regressor.shape[1]} vertices, "
                f"the body model has {len(self.template)}"
            )
        shaped = self._shaped(betas)
        rest = self.regressor @ shaped
        parts = [
            regressor @ self._vertices(shaped, rest, poses[first : first + _CHUNK])
            for first in range(0, len(poses), _CHUNK)
        ]
        return np.concatenate(parts) + trans[:, None]

    def _shaped(self, betas: np.ndarray) -> np.ndarray:
        count = min(len(betas), self.shapes.shape[2])
        return self.template + self.shapes[..., :count] @ betas[:count]

    def _moved(self, rest: np.ndarray, rotations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        above = np.array(self.parents)
        offsets = np.where((above < 0)[:, None], rest, rest - rest[above])
        return forward_kinematics(self.parents, rotations, offsets)

    def _vertices(self, shaped: np.ndarray, rest: np.ndarray, poses: np.ndarray) -> np.ndarray:
        """(T, V, 3) linear blend skinning."""
        rotations = axis_angles_to_matrices(poses.reshape(len(poses), -1, 3))
        bends = (rotations[:, 1:] - np.eye(3)).reshape(len(poses), -1)
        posed = shaped + np.einsum("vcp,tp->tvc", self.pose_shapes, bends)
        places, world = self._moved(rest, rotations)
        shifts = places - np.einsum("tjab,jb->tja", world, rest)
        turn = np.einsum("vj,tjab->tvab", self.weights, world)
        return np.einsum("tvab,tvb->tva", turn, posed) + np.einsum("vj,tja->tva", self.weights, shifts)


def axis_angles_to_matrices(vectors: np.ndarray) -> np.ndarray:
    """(..., 3, 3) rotations of axis-angle vectors (..., 3) in radians (Rodrigues)."""
    angle = np.linalg.norm(vectors, axis=-1)[..., None, None]
    axis = vectors / np.maximum(angle[..., 0], 1e-12)
    skew = np.zeros((*vectors.shape[:-1], 3, 3))
    for (i, j), component, sign in (((0, 1), 2, -1), ((0, 2), 1, 1), ((1, 2), 0, -1)):
        skew[..., i, j], skew[..., j, i] = sign * axis[..., component], -sign * axis[..., component]
    return np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew


def find_body_model(folder: Path, model: str, gender: str) -> Path:
    """The `.npz` of a body model below the folder where a user keeps them; InputError lists what would do."""
    big = f"{model.upper()}_{gender.upper()}.npz"
    names = (f"{model}/{gender}/model.npz", f"{model}/{big}", big, f"{gender}/model.npz")
    for name in names:
        if (folder / name).is_file():
            return folder / name
    pickles = sorted(path.name for path in folder.rglob("*.pkl")) if folder.is_dir() else []
    there = f"; {pickles[0]} is there, but .pkl files hold code and are not read" if pickles else ""
    raise InputError(
        f"{folder}: has no body model for {model}, {gender}: expected {', '.join(names[:3])} "
        f"(from the model's own site, after registration, as .npz{there})"
    )


def read_body_model(path: Path) -> BodyModel:
    """A body model file; InputError names the array that is missing or has a wrong shape."""
    there = npz_names(path)
    needed = ["v_template", "shapedirs", "J_regressor", "kintree_table"]
    arrays = read_npz(path, needed + [name for name in ("posedirs", "weights") if name in there])
    for name in needed:
        if not isinstance(arrays[name], np.ndarray) or arrays[name].dtype.kind not in "fiu":
            raise InputError(f"{path}: {name} is not an array of numbers")
    template, shapes, regressor = (arrays[name].astype(np.float64) for name in needed[:3])
    parents = tuple(int(parent) for parent in arrays["kintree_table"][0].astype(np.int64))
    parents = (-1, *parents[1:])
    expected = (len(parents), len(template))
    if shapes.ndim != 3 or regressor.shape != expected:
        raise InputError(f"{path}: J_regressor is {regressor.shape}, expected {expected}")
    bends, weights = (np.asarray(arrays.get(name, ()), dtype=np.float64) for name in ("posedirs", "weights"))
    return BodyModel(template, shapes, regressor, parents, bends, weights)
