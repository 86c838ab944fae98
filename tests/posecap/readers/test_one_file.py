"""One file of 3D motion, whatever its format, for captions and as truth."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from posecap.describe import Options, describe_file, explain_file
from posecap.errors import InputError
from posecap.io.bvh import write_bvh
from posecap.io.poses_to_bvh import poses_to_bvh
from posecap.readers import open_dataset
from posecap.readers.one_file import read_one_file
from posecap.skeletons import load_skeleton
from tests.fixtures.bvh_people import HABITS, write_person
from tests.fixtures.h36m_files import swinging_motion, write_h36m

MOTION = swinging_motion(12)


def captions(path, frames="", **options):
    return [row["caption"] for row in describe_file(path, Options(**options), frames)]


@pytest.mark.parametrize("habit", ["mixamo", "bandai", "cmu"])
def test_a_bvh_file_is_what_the_data_set_reader_makes_of_it(habit, tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS[habit])
    found = read_one_file(tmp_path / "walk.bvh")
    np.testing.assert_array_equal(found.joints, open_dataset("bvh", tmp_path).read("walk").joints)
    assert (found.up, found.metric, found.fps) == ("z", True, 60.0)
    assert "left_knee=" in found.note
    assert "1.7" in found.note


def test_the_same_motion_has_the_same_captions_as_bvh_and_as_array(tmp_path):
    write_bvh(tmp_path / "a.bvh", poses_to_bvh(MOTION, load_skeleton("h36m17"), 50.0))
    np.save(tmp_path / "a.npy", MOTION)
    assert captions(tmp_path / "a.bvh", "::3") == captions(tmp_path / "a.npy", "::3", up="z")


def test_what_was_found_out_is_told(tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS["lafan"])
    heard = []
    describe_file(tmp_path / "walk.bvh", Options(), "0", heard.append)
    assert len(heard) == 1
    assert "right_wrist=RightHand" in heard[0]
    assert "y up" in heard[0]


def test_what_a_bvh_file_does_not_tell_is_an_option(tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS["xsens"])
    text = (tmp_path / "walk.bvh").read_text().replace("LeftKnee", "J7")
    (tmp_path / "walk.bvh").write_text(text)
    with pytest.raises(InputError, match="no joint name says left_knee"):
        captions(tmp_path / "walk.bvh")
    assert captions(tmp_path / "walk.bvh", "0", reader={"roles": "left_knee=J7"})
    assert captions(tmp_path / "walk.bvh", "0", reader={"roles": "left_knee=J7"}, up="y", unit="cm")


def test_cmu_motion_is_told_from_its_own_files(shared):
    path = shared / "data" / "cmu_asfamc" / "01" / "01_08.amc"
    expected = open_dataset("asfamc", path).read("01_08").joints
    np.testing.assert_array_equal(read_one_file(path).joints, expected)
    assert captions(path, "10")[0]


def test_amass_joints_and_archives_are_told(tmp_path):
    body = np.zeros((4, 22, 3))
    np.savez(tmp_path / "a.npz", poses=np.zeros((4, 156)), trans=np.zeros((4, 3)), joints=body, fps=60)
    assert read_one_file(tmp_path / "a.npz").joints.shape == (4, 17, 3)
    archive = write_h36m(tmp_path / "h36m", num_frames=5) / "data_3d_h36m.npz"
    found = read_one_file(archive, sequence="S9/Walking")
    assert found.joints.shape == (5, 17, 3)
    assert captions(archive, "0", sequence="S9/Walking") == captions(
        _saved(tmp_path / "same.npy", found.joints), "0", up="z"
    )


def test_one_of_several_arrays_is_chosen_by_name(tmp_path):
    np.savez(tmp_path / "a.npz", walk=MOTION, run=MOTION[::-1])
    np.testing.assert_array_equal(read_one_file(tmp_path / "a.npz", sequence="run").joints, MOTION[::-1])
    with pytest.raises(InputError, match="did you mean run"):
        read_one_file(tmp_path / "a.npz", sequence="rum")


def test_several_people_are_told_apart(tmp_path):
    columns = {
        "person": ["a"] * 3 + ["b"] * 2,
        "frame": [4, 5, 6, 5, 6],
        "pose_3d": [pose.reshape(-1).tolist() for pose in MOTION[:5]],
    }
    pq.write_table(pa.table(columns), tmp_path / "out.parquet")
    rows = describe_file(tmp_path / "out.parquet", Options(up="z"), "5:")
    assert [(row["person"], row["frame"]) for row in rows] == [("a", 5), ("a", 6), ("b", 5), ("b", 6)]
    told = explain_file(tmp_path / "out.parquet", Options(up="z"), "6")
    assert {(row["person"], row["frame"]) for row in told} == {("a", 6), ("b", 6)}
    with pytest.raises(InputError, match="frames 4-6"):
        describe_file(tmp_path / "out.parquet", Options(up="z"), "0:3")


def test_a_pose_of_one_person_has_the_number_of_its_frame(tmp_path):
    columns = {"person": ["a"] * 2, "frame": [7, 8], "pose_3d": MOTION[:2].reshape(2, -1).tolist()}
    pq.write_table(pa.table(columns), tmp_path / "out.parquet")
    assert [row["frame"] for row in describe_file(tmp_path / "out.parquet", Options(up="z"))] == [7, 8]


def _saved(path, array):
    np.save(path, array)
    return path


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("a.asf", {}, "is a skeleton without motion"),
        ("a.mat", {}, "posecap generate --dataset mpi_inf_3dhp"),
        ("a.pkl", {}, "posecap generate --dataset h36m"),
        ("a.txt", {}, r"expected 3D motion in a file \.npy, .*\.bvh, \.amc"),
        ("no.bvh", {}, "no such file"),
        ("a.bvh", {}, "a.bvh"),
        ("empty.npy", {}, "holds no frames"),
        ("a.npy", {"sequence": "x"}, "is one motion"),
        ("a.npy", {"reader": {"scale": 1}}, r"a.npy has no option 'scale' \(there are: sequence\)"),
        ("walk.bvh", {"frame": "camera"}, "no camera's frame"),
        ("walk.bvh", {"unit": "km"}, "unknown unit 'km'"),
        ("walk.bvh", {"sequence": "x"}, "has no option 'sequence'"),
        ("keypoints.npz", {}, "holds 2D keypoints"),
        ("3dhp.npz", {}, "posecap generate --dataset mpi_inf_3dhp"),
        ("amass.npz", {}, "add body_models=FOLDER"),
        ("amass.npz", {"skeleton": "coco17"}, "expected one of h36m17"),
    ],
)
def test_what_cannot_be_told_is_one_line(tmp_path, name, options, message):
    for empty in ("a.asf", "a.mat", "a.pkl", "a.txt", "a.bvh"):
        (tmp_path / empty).write_text("")
    np.save(tmp_path / "empty.npy", np.zeros((0, 17, 3)))
    np.save(tmp_path / "a.npy", MOTION)
    np.savez(tmp_path / "keypoints.npz", positions_2d=np.zeros(1))
    np.savez(tmp_path / "3dhp.npz", data=np.zeros(1))
    np.savez(
        tmp_path / "amass.npz", poses=np.zeros((4, 156)), trans=np.zeros((4, 3)), betas=np.zeros(16), fps=60
    )
    write_person(tmp_path / "walk.bvh", HABITS["mixamo"])
    with pytest.raises(InputError, match=message) as told:
        captions(tmp_path / name, **options)
    assert "\n" not in str(told.value)
