"""Laws of BVH writing and reading, on any tree; of axes; of rotations."""

from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecap.io.bvh import POSITION_CHANNELS, Bvh, write_bvh
from posecap.io.bvh_parser import read_bvh
from posecap.io.poses_to_bvh import poses_to_bvh
from posecap.kinematics import euler_to_matrix, matrix_to_euler_zxy, shortest_rotation
from posecap.skeletons import load_skeleton
from posecap.upright import AXES, up_to_z

ORDERS = ["".join(order) for order in permutations("XYZ")]


@st.composite
def trees(draw) -> Bvh:
    """A BVH of one to eight joints, depth first, with any channel orders, ends and motion."""
    num_joints, num_frames = draw(st.integers(1, 8)), draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    parents, open_joints = [-1], [0]
    for joint in range(1, num_joints):
        del open_joints[int(rng.integers(1, len(open_joints) + 1)) :]
        parents.append(open_joints[-1])
        open_joints.append(joint)
    channels = []
    for joint in range(num_joints):
        turns = tuple(f"{axis}rotation" for axis in draw(st.sampled_from(ORDERS)))
        placed = joint == 0 or draw(st.booleans())
        channels.append((*POSITION_CHANNELS, *turns) if placed else turns)
    motion = rng.uniform(-180, 180, (num_frames, sum(map(len, channels))))
    ends = {joint: rng.normal(0, 5, 3) for joint in range(num_joints) if joint not in parents}
    names = tuple(f"joint {joint}" for joint in range(num_joints))
    return Bvh(
        names, tuple(parents), rng.normal(0, 20, (num_joints, 3)), tuple(channels), motion, 1 / 24, ends
    )


@given(trees())
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_back(bvh):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.bvh"
        write_bvh(path, bvh)
        back = read_bvh(path)
    assert (back.names, back.parents, back.channels) == (bvh.names, bvh.parents, bvh.channels)
    assert np.abs(back.motion - bvh.motion).max() < 1e-5
    assert np.abs(back.offsets - bvh.offsets).max() < 1e-5
    assert back.ends.keys() == bvh.ends.keys()
    assert back.fps == bvh.fps == 24.0
    assert np.abs(back.positions()[0] - bvh.positions()[0]).max() < 1e-3


@given(st.integers(0, 2**32 - 1), st.sampled_from(["h36m17", "smpl22", "coco17"]))
@settings(max_examples=20, deadline=None)
def test_any_poses_are_those_of_their_bvh(seed, name):
    skeleton = load_skeleton(name)
    joints = np.random.default_rng(seed).normal(0, 0.5, (3, skeleton.num_joints, 3))
    bvh = poses_to_bvh(joints, skeleton, fps=25)
    places = bvh.positions()[0] * 0.01
    places = np.stack([places[..., 0], -places[..., 2], places[..., 1]], axis=-1)
    indices = [
        bvh.names.index("".join(part.capitalize() for part in joint.split("_"))) for joint in skeleton.joints
    ]
    assert np.abs(places[:, indices] - joints).max() < 1e-6


@pytest.mark.parametrize("axis", AXES)
def test_up_axes_are_turned_to_z_without_a_mirror(axis):
    matrix = up_to_z(np.eye(3), axis).T
    up = np.eye(3)["xyz".index(axis[-1])] * (-1 if axis.startswith("-") else 1)
    assert np.linalg.det(matrix) == pytest.approx(1)
    assert np.allclose(up_to_z(up, axis), [0, 0, 1])


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_angles_of_a_rotation_give_it_back(seed):
    angles = np.random.default_rng(seed).uniform(-180, 180, (5, 3))
    matrix = euler_to_matrix("ZXY", angles)
    assert np.allclose(euler_to_matrix("ZXY", matrix_to_euler_zxy(matrix)), matrix, atol=1e-9)


def test_angles_at_the_pole_give_the_rotation_back():
    for tilt in (90.0, -90.0):
        matrix = euler_to_matrix("ZXY", np.array([[30.0, tilt, 40.0]]))
        assert np.allclose(euler_to_matrix("ZXY", matrix_to_euler_zxy(matrix)), matrix, atol=1e-6)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_the_shortest_rotation_turns_one_direction_into_the_other(seed):
    rng = np.random.default_rng(seed)
    start, end = rng.normal(size=(2, 4, 3))
    end[0], end[1] = start[0], -start[1]
    matrix = shortest_rotation(start, end)
    unit = end / np.linalg.norm(end, axis=-1, keepdims=True)
    length = np.linalg.norm(start, axis=-1, keepdims=True)
    assert np.allclose(np.einsum("tij,tj->ti", matrix, start), unit * length, atol=1e-6)
    assert np.allclose(np.linalg.det(matrix), 1)
