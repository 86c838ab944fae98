"""Joint positions to BVH: one turning node a bone, so that any pose with rigid bones is exact."""

from __future__ import annotations

import numpy as np

from posecap.io.bvh import Bvh
from posecap.kinematics import matrix_to_euler_zxy, shortest_rotation
from posecap.skeletons import Skeleton

_TURNS = ("Zrotation", "Xrotation", "Yrotation")
_MOVES = ("Xposition", "Yposition", "Zposition")
_RIGID = 1e-4


def poses_to_bvh(joints: np.ndarray, skeleton: Skeleton, fps: float, unit: float = 0.01) -> Bvh:
    """BVH (y up, `unit` metres: centimetres) of joints (T, J, 3), metres, Z up, of `skeleton`.

    A joint with several children has a node of no length for each, which carries that bone's turn
    (`LeftHipBone` and so on). Bones keep their mean length; if any changes by more than 0.1 mm, every
    bone also has position channels, which keep each frame's length.
    """
    points = np.asarray(joints, dtype=np.float64)[..., [0, 2, 1]] * [1, 1, -1] / unit
    tree = _Tree(skeleton)
    lengths = np.stack([_bone_lengths(points, node, tree) for node in range(len(tree.names))], axis=-1)
    rest = _rest_directions(points, tree)
    offsets = rest * lengths.mean(0)[:, None]
    stretch = np.ptp(lengths * unit, axis=0).max() > _RIGID
    rotations = _local_rotations(points, rest, tree)
    columns, channels = [], []
    for node in range(len(tree.names)):
        root = tree.parents[node] < 0
        if root or stretch:
            columns.append(points[:, 0] if root else rest[node] * lengths[:, node, None])
        columns.append(matrix_to_euler_zxy(rotations[:, node]))
        channels.append((*_MOVES, *_TURNS) if root or stretch else _TURNS)
    ends = {node: np.zeros(3) for node in range(len(tree.names)) if node not in tree.parents}
    motion = np.concatenate(columns, axis=1)
    return Bvh(tuple(tree.names), tuple(tree.parents), offsets, tuple(channels), motion, 1 / fps, ends)


class _Tree:
    """The nodes: a skeleton's joints, and one more for each child of a joint with several children."""

    def __init__(self, skeleton: Skeleton) -> None:
        self.names: list[str] = []
        self.parents: list[int] = []
        self.joints: list[int] = []
        self.bone_ends: list[int | None] = []
        self._grow(skeleton, skeleton.parents.index(-1), -1)

    def _grow(self, skeleton: Skeleton, joint: int, parent: int) -> None:
        """Adds a joint, its forks and what hangs from them, depth first as the file has them."""
        children = [child for child, above in enumerate(skeleton.parents) if above == joint]
        only = children[0] if len(children) == 1 else None
        own = self._add(_camel(skeleton.joints[joint]), parent, joint, only)
        for child in children:
            fork = _camel(skeleton.joints[child]) + "Bone"
            self._grow(skeleton, child, own if only is not None else self._add(fork, own, joint, child))

    def _add(self, name: str, parent: int, joint: int, bone_end: int | None) -> int:
        self.names.append(name)
        self.parents.append(parent)
        self.joints.append(joint)
        self.bone_ends.append(bone_end)
        return len(self.names) - 1


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _bone_lengths(points: np.ndarray, node: int, tree: _Tree) -> np.ndarray:
    """(T,) length from a node's parent node to it, in file units."""
    parent = tree.parents[node]
    start = points[:, tree.joints[parent]] if parent >= 0 else points[:, tree.joints[node]]
    return np.linalg.norm(points[:, tree.joints[node]] - start, axis=-1)


def _rest_directions(points: np.ndarray, tree: _Tree) -> np.ndarray:
    """(N, 3) directions of bones at rest: those of the first frame."""
    rest = np.zeros((len(tree.names), 3))
    for node, parent in enumerate(tree.parents):
        if parent >= 0:
            bone = points[0, tree.joints[node]] - points[0, tree.joints[parent]]
            rest[node] = bone / max(np.linalg.norm(bone), 1e-12)
    return rest


def _local_rotations(points: np.ndarray, rest: np.ndarray, tree: _Tree) -> np.ndarray:
    """(T, N, 3, 3): each node turns its bone from where its parent's turn leaves it to where it is."""
    local = np.broadcast_to(np.eye(3), (len(points), len(tree.names), 3, 3)).copy()
    world = local.copy()
    for node, end in enumerate(tree.bone_ends):
        parent = tree.parents[node]
        before = world[:, parent] if parent >= 0 else local[:, node]
        world[:, node] = before
        if end is None:
            continue
        child = next(n for n, p in enumerate(tree.parents) if p == node and tree.joints[n] == end)
        bone = points[:, end] - points[:, tree.joints[node]]
        wanted = np.einsum("tji,tj->ti", before, bone)
        local[:, node] = shortest_rotation(np.broadcast_to(rest[child], wanted.shape), wanted)
        world[:, node] = before @ local[:, node]
    return local
