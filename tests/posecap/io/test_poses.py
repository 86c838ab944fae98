"""One file of poses: what is accepted, and what is said of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from posecap.errors import InputError
from posecap.io import read_poses, told_up
from posecap.skeletons import load_skeleton

POSES = np.arange(5 * 17 * 3, dtype=np.float64).reshape(5, 17, 3)


def test_poses_come_from_npy_and_from_npz_under_any_single_or_usual_name(tmp_path: Path):
    np.save(tmp_path / "a.npy", POSES)
    np.savez(tmp_path / "one.npz", whatever=POSES)
    np.savez(tmp_path / "two.npz", fps=np.array(50), joints=POSES)
    for name in ("a.npy", "one.npz", "two.npz"):
        found = read_poses(tmp_path / name)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, POSES)


def test_one_pose_is_one_frame(tmp_path: Path):
    np.save(tmp_path / "a.npy", POSES[0])
    assert read_poses(tmp_path / "a.npy").shape == (1, 17, 3)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 17, 2)), r"found \(5, 17, 2\)"),
        (np.zeros((0, 17, 3)), r"no frames or no joints.*\(0, 17, 3\)"),
        (np.array(["a"]), "array of numbers"),
        (np.zeros((2, 5, 17, 3)), "found"),
        (np.array(1.0), "found"),
    ],
)
def test_what_is_not_poses_is_told_by_its_shape(tmp_path: Path, array: np.ndarray, words: str):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=words):
        read_poses(tmp_path / "a.npy")


def test_several_arrays_of_unusual_names_are_listed(tmp_path: Path):
    np.savez(tmp_path / "a.npz", x=POSES, y=POSES)
    with pytest.raises(InputError, match="several arrays"):
        read_poses(tmp_path / "a.npz")


def test_another_kind_of_file_is_told_what_is_wanted(tmp_path: Path):
    with pytest.raises(InputError, match=r"expected poses in a file \.npy, \.npz, \.csv"):
        read_poses(tmp_path / "a.txt")


def named_columns(skeleton: str) -> dict[str, np.ndarray]:
    joints = load_skeleton(skeleton).joints
    return {
        f"{joint}_{axis}": POSES[:, index, number]
        for index, joint in enumerate(joints)
        for number, axis in enumerate("xyz")
    }


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_tables_give_joints_by_column_name_in_the_skeletons_order(tmp_path: Path, suffix: str):
    columns = named_columns("h36m17")
    shuffled = {name: columns[name] for name in sorted(columns)} | {"frame": np.arange(5)}
    path = tmp_path / f"a{suffix}"
    write = pyarrow.csv.write_csv if suffix == ".csv" else pyarrow.parquet.write_table
    write(pa.table(shuffled), path)
    np.testing.assert_array_equal(read_poses(path, "h36m17"), POSES)
    order = np.argsort(load_skeleton("h36m17").joints)
    np.testing.assert_array_equal(read_poses(path), POSES[:, order])


def test_a_list_column_of_poses_is_read(tmp_path: Path):
    rows = pa.array(POSES.reshape(5, -1).tolist(), pa.list_(pa.float32()))
    pyarrow.parquet.write_table(pa.table({"frame": range(5), "pose_3d": rows}), tmp_path / "a.parquet")
    np.testing.assert_array_equal(read_poses(tmp_path / "a.parquet"), POSES)


@pytest.mark.parametrize("wrap", [lambda poses: poses, lambda poses: {"joints": poses}])
def test_json_is_nested_lists_alone_or_by_name(tmp_path: Path, wrap):
    (tmp_path / "a.json").write_text(json.dumps(wrap(POSES.tolist())))
    np.testing.assert_array_equal(read_poses(tmp_path / "a.json"), POSES)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "[[1, 2", r"a\.json, line 1: not valid JSON"),
        ("a.json", "[[[1, 2, 3]], [[1, 2]]]", "nested lists"),
        ("a.json", '{"other": 1}', "has none of joints"),
        ("a.csv", "pelvis_x,pelvis_y\n1,2\n", "has no column 'pelvis_z'"),
        ("a.csv", "a,b\n1,2\n", "neither columns such as"),
        ("a.csv", "pelvis_x,pelvis_y,pelvis_z\n1,2,c\n", "something else than numbers"),
        ("a.csv", "", r"a\.csv: not a readable \.csv table"),
        ("a.parquet", "PAR1", r"a\.parquet: not a readable"),
    ],
)
def test_bad_tables_end_in_one_clear_line(tmp_path: Path, name: str, content: str, words: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        read_poses(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_table_may_say_which_axis_is_up(tmp_path: Path):
    rows = pa.array(POSES.reshape(5, -1).tolist(), pa.list_(pa.float32()))
    for told, up in (({"up": "-y"}, "-y"), ({"up": "sideways"}, None), ({}, None)):
        table = pa.table({"pose_3d": rows}).replace_schema_metadata(told)
        pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
        assert told_up(tmp_path / "a.parquet") == up
    assert told_up(tmp_path / "a.npy") is None
