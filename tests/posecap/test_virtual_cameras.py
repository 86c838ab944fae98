"""Virtual cameras: where they stand, what they see, and that only seed, key and motion decide."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posecap.cameras import project, world_to_camera
from posecap.demo import make_motion
from posecap.errors import InputError
from posecap.sequences import Sequence
from posecap.virtual_cameras import look_at, see_by_virtual_cameras


@pytest.fixture(scope="module")
def sequence():
    joints = make_motion("D3", "walking", seconds=3.0).joints
    return Sequence(key="a/b", subject="a", action="b", split="train", fps=50.0, joints=joints)


def test_look_at_puts_the_target_in_the_middle_and_the_sky_above():
    rotation = look_at(np.array([4.0, 1.0, 1.5]), np.array([0.0, 0.0, 1.0]))
    assert np.allclose(rotation @ rotation.T, np.eye(3))
    assert np.linalg.det(rotation) == pytest.approx(1)
    assert np.allclose((rotation @ [-4.0, -1.0, -0.5])[:2], 0)
    assert (rotation @ [0, 0, 1.0])[1] < -0.9  # y of the camera points down


@pytest.mark.parametrize("projection", ["perspective", "orthographic"])
def test_the_whole_motion_is_in_every_picture(sequence, projection):
    seen = see_by_virtual_cameras(sequence, ("gt",), 3, projection)
    assert len(seen.cameras) == 3
    for camera in seen.cameras:
        pixels = seen.views["gt"][camera.name].pose_2d
        assert pixels.min() > 0
        assert pixels.max() < 1000
        assert np.allclose(pixels, project(world_to_camera(sequence.joints, camera), camera))
        assert pixels[:, 10, 1].mean() < pixels[:, 0, 1].mean() < pixels[:, 3, 1].mean()


def test_a_long_walk_moves_the_cameras_back(sequence):
    def distance(one: Sequence) -> float:
        place = see_by_virtual_cameras(one, num_cameras=1).cameras[0].position
        return float(np.linalg.norm(place - one.joints.mean((0, 1))))

    near = replace(sequence, joints=sequence.joints - sequence.joints[:, :1] * [1, 1, 0])
    far = replace(near, joints=near.joints + np.linspace(0, 9, 150)[:, None, None] * [1, 0, 0])
    assert 4 < distance(near) < 6.5
    assert distance(far) > 8


def test_orthographic_views_are_front_and_left_and_keep_metres(sequence):
    still = replace(sequence, joints=np.repeat(sequence.joints[:1], 4, axis=0))
    seen = see_by_virtual_cameras(still, ("gt",), 2, "orthographic")
    assert [camera.name for camera in seen.cameras] == ["front", "left"]
    front, left = (seen.views["gt"][name].pose_2d[0] for name in ("front", "left"))
    assert front[11, 0] > front[14, 0] + 20  # facing the camera, the left shoulder is at the right
    assert abs(left[4, 0] - left[1, 0]) < 1  # seen from the side, the hips are in line
    bone = still.joints[0, 2] - still.joints[0, 3]
    camera = seen.cameras[0]
    shown = (front[2] - front[3]) / camera.focal
    assert np.allclose(shown, (camera.rotation @ bone)[:2], atol=1e-4)


def test_cameras_and_errors_depend_on_seed_and_key_only(sequence):
    first = see_by_virtual_cameras(sequence, ("gt", "sim"), 2, seed=4)
    again = see_by_virtual_cameras(sequence, ("sim",), 2, seed=4)
    for name, view in again.views["sim"].items():
        assert np.array_equal(view.pose_2d, first.views["sim"][name].pose_2d)
    for change in ({"seed": 5}, {}):
        other = see_by_virtual_cameras(
            sequence if change else replace(sequence, key="c"), ("gt", "sim"), 2, seed=change.get("seed", 4)
        )
        assert not np.allclose(other.cameras[0].position, first.cameras[0].position)
    assert "seed 4" in first.source


def test_motion_without_a_known_up_axis_is_refused(sequence):
    with pytest.raises(InputError, match="a/b: virtual cameras need motion with z up"):
        see_by_virtual_cameras(replace(sequence, up="camera"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("nowhere", [np.nan, np.inf, 3e38, -1e12])
def test_frames_with_holes_do_not_spoil_the_views_of_the_others(sequence, nowhere):
    joints = sequence.joints.copy()
    joints[40:43, 3] = nowhere
    seen = see_by_virtual_cameras(replace(sequence, joints=joints), ("gt", "sim"), 1)
    whole = see_by_virtual_cameras(sequence, ("gt",), 1)
    assert np.isfinite(seen.views["sim"]["V1"].pose_2d).all()
    moved = seen.views["gt"]["V1"].pose_2d - whole.views["gt"]["V1"].pose_2d
    assert np.abs(np.delete(moved, range(40, 43), axis=0)).max() < 1
    with pytest.raises(InputError, match="a/b: no frame has finite joints"):
        see_by_virtual_cameras(replace(sequence, joints=np.full_like(joints, nowhere)))
