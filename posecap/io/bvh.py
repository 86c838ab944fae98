"""BVH motion: any tree, any channel order, end sites; joint positions, and writing. Reading: bvh_parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posecap.kinematics import euler_to_matrix, forward_kinematics

POSITION_CHANNELS = ("Xposition", "Yposition", "Zposition")
ROTATION_CHANNELS = ("Xrotation", "Yrotation", "Zrotation")


@dataclass(frozen=True)
class Bvh:
    """One BVH file, in its own units and axes.

    names, parents: J joints, parents first; offsets (J, 3); channels: for each joint, the names of its
    channels in order; ends: joint index -> offset (3,) of its end site; motion (T, C) with the channels of
    all joints in order, degrees for rotations; frame_time in seconds.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: np.ndarray
    channels: tuple[tuple[str, ...], ...]
    motion: np.ndarray
    frame_time: float
    ends: dict[int, np.ndarray] = field(default_factory=dict)

    @property
    def fps(self) -> float:
        """Frames a second; frame times are rounded in files, so a rate near a whole one is that."""
        rate = 1 / self.frame_time
        return float(round(rate)) if abs(rate - round(rate)) < 1e-3 * rate else rate

    def positions(self) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Joints (T, J, 3) and, by joint, end sites (T, 3), in the file's units and axes."""
        rotations, offsets = self._local()
        positions, world = forward_kinematics(self.parents, rotations, offsets)
        ends = {joint: positions[:, joint] + world[:, joint] @ offset for joint, offset in self.ends.items()}
        return positions, ends

    def _local(self) -> tuple[np.ndarray, np.ndarray]:
        rotations = np.empty((len(self.motion), len(self.names), 3, 3))
        offsets = np.broadcast_to(self.offsets, (len(self.motion), len(self.names), 3)).copy()
        placed: dict[int, np.ndarray] = {}
        first = 0
        for joint, channels in enumerate(self.channels):
            values = self.motion[:, first : first + len(channels)]
            first += len(channels)
            turns = [index for index, name in enumerate(channels) if name in ROTATION_CHANNELS]
            rotations[:, joint] = euler_to_matrix("".join(channels[i][0] for i in turns), values[:, turns])
            moves = [index for index, name in enumerate(channels) if name in POSITION_CHANNELS]
            if moves:
                axes = [POSITION_CHANNELS.index(channels[index]) for index in moves]
                placed[joint] = offsets[:, joint].copy()
                placed[joint][:, axes] = values[:, moves]
        adds = self._adds(placed)
        for joint, given in placed.items():
            offsets[:, joint] = given + self.offsets[joint] if adds and self.parents[joint] >= 0 else given
        return rotations, offsets

    def _adds(self, placed: dict[int, np.ndarray]) -> bool:
        """Position channels stand for the offset; the few writers that add them to it write nearly zeros."""
        below = [joint for joint in placed if self.parents[joint] >= 0 and self.offsets[joint].any()]
        near_zero = [
            np.median(np.linalg.norm(placed[joint], axis=-1)) < 0.02 * np.linalg.norm(self.offsets[joint])
            for joint in below
        ]
        return bool(near_zero) and float(np.mean(near_zero)) > 0.5


def write_bvh(path: str | Path, bvh: Bvh) -> None:
    """Writes a BVH file, with six decimals; what `read_bvh` reads back is the same to 1e-6."""
    lines = ["HIERARCHY", *_tree_lines(bvh, bvh.parents.index(-1), 0), "MOTION"]
    lines += [f"Frames: {len(bvh.motion)}", f"Frame Time: {bvh.frame_time:.9f}"]
    order = list(_depth_first(bvh))
    starts = np.cumsum([0, *[len(channels) for channels in bvh.channels]])
    columns = [column for joint in order for column in range(starts[joint], starts[joint + 1])]
    lines += [" ".join(f"{value:.6f}" for value in row) for row in bvh.motion[:, columns]]
    Path(path).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _depth_first(bvh: Bvh, joint: int | None = None) -> Iterator[int]:
    joint = bvh.parents.index(-1) if joint is None else joint
    yield joint
    for child, parent in enumerate(bvh.parents):
        if parent == joint:
            yield from _depth_first(bvh, child)


def _tree_lines(bvh: Bvh, joint: int, depth: int) -> Iterator[str]:
    tab = "\t" * depth
    yield f"{tab}{'ROOT' if depth == 0 else 'JOINT'} {bvh.names[joint]}"
    yield f"{tab}{{"
    yield f"{tab}\tOFFSET {_numbers(bvh.offsets[joint])}"
    yield f"{tab}\tCHANNELS {len(bvh.channels[joint])} {' '.join(bvh.channels[joint])}"
    for child, parent in enumerate(bvh.parents):
        if parent == joint:
            yield from _tree_lines(bvh, child, depth + 1)
    if joint in bvh.ends:
        yield from (
            f"{tab}\tEnd Site",
            f"{tab}\t{{",
            f"{tab}\t\tOFFSET {_numbers(bvh.ends[joint])}",
            f"{tab}\t}}",
        )
    yield f"{tab}}}"


def _numbers(vector: np.ndarray) -> str:
    return " ".join(f"{value:.6f}" for value in vector)
