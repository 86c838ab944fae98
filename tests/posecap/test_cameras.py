"""Cameras: projections agree with the reference numbers, and every conversion has its inverse."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.cameras import (
    Camera,
    camera_from_dict,
    camera_to_dict,
    camera_to_world,
    denormalize_pixels,
    in_front,
    normalize_pixels,
    project,
    quaternion_to_rotation,
    world_to_camera,
)
from posecap.errors import InputError


def make_camera(projection: str = "perspective") -> Camera:
    return Camera(
        name="c1",
        width=1000,
        height=1002,
        focal=np.array([1145.0, 1143.8]),
        center=np.array([512.5, 515.5]),
        radial=np.array([-0.2, 0.25, -0.003]),
        tangential=np.array([-0.001, -0.0014]),
        rotation=quaternion_to_rotation([0.14, -0.15, -0.755, 0.622]).T,
        position=np.array([1.8, 4.9, 1.5]),
        projection=projection,
    )


@pytest.fixture(scope="module")
def reference(shared: Path) -> tuple[dict[str, np.ndarray], Camera]:
    arrays = dict(np.load(shared / "reference/lifters/metrics.npz"))
    inside = arrays["cam_intrinsic"].astype(np.float64)
    camera = Camera(
        name=str(arrays["cam_id"]),
        width=1000,
        height=1002,
        focal=inside[:2] * 500,
        center=denormalize_pixels(inside[2:4], 1000, 1002),
        radial=inside[4:7],
        tangential=inside[7:],
        rotation=quaternion_to_rotation(arrays["cam_orientation_wxyz"]).T,
        position=arrays["cam_translation_m"].astype(np.float64),
    )
    return arrays, camera


def test_projection_equals_the_reference_with_and_without_distortion(reference):
    arrays, camera = reference
    points = arrays["proj_in"].astype(np.float64)
    for distort, key in ((True, "proj_out_f64"), (False, "proj_linear_out_f64")):
        screen = normalize_pixels(project(points, camera, distort), 1000, 1002)
        np.testing.assert_allclose(screen, arrays[key], atol=1e-12)


def test_world_to_camera_and_back_equal_the_reference(reference):
    arrays, camera = reference
    np.testing.assert_allclose(world_to_camera(arrays["world_in"], camera), arrays["world_to_cam"], atol=3e-6)
    back = camera_to_world(arrays["world_to_cam"], camera)
    np.testing.assert_allclose(back, arrays["cam_to_world_of_that"], atol=3e-6)


@pytest.mark.parametrize(("width", "height"), [(1000, 1002), (1920, 1080)])
def test_normalised_pixels_equal_the_reference(reference, width: int, height: int):
    arrays, _ = reference
    screen = normalize_pixels(arrays["pixels"], width, height)
    np.testing.assert_allclose(screen, arrays[f"pixels_norm_{width}x{height}"], atol=2e-7)


def test_intrinsics_are_those_of_the_reference(reference):
    arrays, camera = reference
    np.testing.assert_allclose(camera.intrinsics(), arrays["cam_intrinsic"], rtol=1e-6)


@given(st.lists(st.floats(-5, 5), min_size=3, max_size=3))
def test_camera_to_world_undoes_world_to_camera(point: list[float]):
    camera = make_camera()
    back = camera_to_world(world_to_camera(np.array([point]), camera), camera)
    np.testing.assert_allclose(back, [point], atol=1e-12)


@given(st.lists(st.floats(-3000, 3000), min_size=2, max_size=2))
def test_denormalised_pixels_undo_normalised_ones(pixel: list[float]):
    back = denormalize_pixels(normalize_pixels(np.array(pixel), 1920, 1080), 1920, 1080)
    np.testing.assert_allclose(back, pixel, atol=1e-9)


def test_a_point_on_the_optical_axis_falls_on_the_centre():
    camera = make_camera()
    np.testing.assert_allclose(project(np.array([0.0, 0.0, 4.0]), camera), camera.center)


def test_far_off_points_are_clamped_to_the_edge_of_the_normalised_screen():
    camera = make_camera()
    near, far = project(np.array([[5.0, 0, 5.0], [500.0, 0, 5.0]]), camera)
    np.testing.assert_array_equal(near, far)


def test_an_orthographic_camera_ignores_depth():
    camera = make_camera("orthographic")
    near, far = project(np.array([[0.3, -0.2, 2.0], [0.3, -0.2, 9.0]]), camera)
    np.testing.assert_array_equal(near, far)


def test_projection_keeps_the_dtype_and_never_gives_nan():
    camera = make_camera()
    points = np.zeros((2, 17, 3), dtype=np.float32)
    assert project(points, camera).dtype == np.float32
    assert np.isfinite(project(points, camera)).all()
    assert world_to_camera(points, camera).dtype == np.float32


def test_points_behind_a_perspective_camera_are_not_in_front():
    points = np.array([[0.0, 0, 1], [0, 0, -1]])
    assert in_front(points, make_camera()).tolist() == [True, False]
    assert in_front(points, make_camera("orthographic")).tolist() == [True, True]


def test_a_camera_survives_json():
    camera = make_camera()
    again = camera_from_dict(json.loads(json.dumps(camera_to_dict(camera))))
    points = np.random.default_rng(0).normal((0, 0, 5), size=(5, 3))
    np.testing.assert_array_equal(project(points, again), project(points, camera))
    np.testing.assert_array_equal(world_to_camera(points, again), world_to_camera(points, camera))
    assert (again.name, again.width, again.height) == ("c1", 1000, 1002)


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("focal_px", [1.0], "focal_px"),
        ("projection", "fisheye", "fisheye"),
        ("position_world_m", None, "position"),
    ],
)
def test_a_bad_camera_record_names_its_field(field: str, value: object, word: str):
    record = camera_to_dict(make_camera()) | {field: value}
    with pytest.raises(InputError, match=word):
        camera_from_dict(record)


def test_a_camera_record_without_a_field_names_it():
    record = camera_to_dict(make_camera())
    del record["width_px"]
    with pytest.raises(InputError, match="width_px"):
        camera_from_dict(record)
