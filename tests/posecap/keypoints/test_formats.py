"""Each detector's files give the same people, and what cannot be read is told in one line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from posecap import manifests
from posecap.errors import InputError
from posecap.keypoints import FORMATS, read_keypoints
from posecap.keypoints.layouts import load_layout
from tests.fixtures import keypoint_files as files

EXACT = [1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 13, 14, 15, 16]  # all but pelvis, spine, thorax
WRITERS = {
    "coco results": ("coco", lambda path, people: files.write_coco_results(path / "a.json", people)),
    "coco annotations": ("coco", lambda path, people: files.write_coco_annotations(path / "a.json", people)),
    "alphapose halpe26": ("alphapose", lambda path, people: files.write_alphapose(path / "a.json", people)),
    "alphapose coco17": (
        "alphapose",
        lambda path, people: files.write_alphapose(path / "a.json", people, "coco17"),
    ),
    "alphapose untracked": (
        "alphapose",
        lambda path, people: files.write_alphapose(path / "a.json", people, tracked=False),
    ),
    "openpose body25": ("openpose", lambda path, people: files.write_openpose(path / "a", people)),
    "openpose coco18": (
        "openpose",
        lambda path, people: files.write_openpose(path / "a", people, "openpose18"),
    ),
    "mmpose wrapped": ("mmpose", lambda path, people: files.write_mmpose(path / "a.json", people)),
    "mmpose list": (
        "mmpose",
        lambda path, people: files.write_mmpose(path / "a.json", people, wrapped=False),
    ),
    "rtmlib halpe26": ("arrays", lambda path, people: files.write_rtmlib(path / "a.npz", people)),
    "rtmlib coco17": ("arrays", lambda path, people: files.write_rtmlib(path / "a.npz", people, "coco17")),
    "detectron": ("videopose3d", lambda path, people: files.write_detectron(path / "a.npz", people)),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("num_people", [1, 2])
def test_every_format_gives_the_people_that_were_written(tmp_path: Path, name: str, num_people: int):
    format, write = WRITERS[name]
    people = files.tracks_of_people(num_people=num_people)
    found = read_keypoints(write(tmp_path, people), size=files.SIZE)
    assert (found.format, found.width, found.height, found.num_frames) == (format, 1000, 1002, 20)
    assert len(found.people) == num_people
    by_place = sorted(found.people, key=lambda person: person.pose_2d[..., 0].mean())
    for person, track in zip(by_place, people, strict=True):
        assert (person.start, person.num_frames) == (0, 20)
        np.testing.assert_allclose(person.pose_2d[:, EXACT], track[:, EXACT], atol=0.01)
        assert not person.filled.any()
        np.testing.assert_allclose(person.pose_2d, track, atol=60)


def test_files_that_tell_the_image_size_need_not_be_told(tmp_path: Path):
    people = files.tracks_of_people()
    for write in (files.write_coco_annotations, files.write_detectron, files.write_custom):
        suffix = ".json" if write is files.write_coco_annotations else ".npz"
        found = read_keypoints(write(tmp_path / f"a{suffix}", people))
        assert (found.width, found.height) == (1000, 1002)


def test_a_custom_archive_of_videopose3d_is_one_person(tmp_path: Path):
    people = files.tracks_of_people()
    (person,) = read_keypoints(files.write_custom(tmp_path / "a.npz", people)).people
    np.testing.assert_allclose(person.pose_2d[:, EXACT], people[0][:, EXACT], atol=0.01)


@pytest.mark.parametrize("layout", ["coco17", "h36m17"])
def test_the_order_of_17_points_is_guessed_from_bone_lengths_and_told(tmp_path: Path, layout: str):
    people = files.tracks_of_people()
    np.save(tmp_path / "a.npy", files.points_of(people[0], layout))
    found = read_keypoints(tmp_path / "a.npy", size=files.SIZE)
    assert found.layout == layout
    assert any(layout in line for line in found.report)
    np.testing.assert_allclose(found.people[0].pose_2d[:, EXACT], people[0][:, EXACT], atol=0.01)
    told = read_keypoints(tmp_path / "a.npy", size=files.SIZE, layout=layout)
    assert not any("taken as" in line for line in told.report)


def test_a_third_channel_is_the_confidence(tmp_path: Path):
    track = files.points_of(files.tracks_of_people()[0], "coco17")
    np.save(tmp_path / "a.npy", np.concatenate([track, np.full((20, 17, 1), 0.25)], axis=-1))
    (person,) = read_keypoints(tmp_path / "a.npy", size=files.SIZE).people
    np.testing.assert_allclose(person.confidence, 0.25)


def test_coco_marks_of_visibility_become_confidences(tmp_path: Path):
    path = files.write_coco_annotations(tmp_path / "a.json", files.tracks_of_people())
    content = json.loads(path.read_text())
    content["annotations"][0]["keypoints"][3 * 16 + 2] = 1
    (person,) = read_keypoints(files.write_json(path, content)).people
    assert person.confidence[0, 3] == 0.5
    assert person.confidence[1, 3] == 1


def test_frames_keep_the_gaps_of_their_numbers(tmp_path: Path):
    path = files.write_coco_results(tmp_path / "a.json", files.tracks_of_people())
    entries = json.loads(path.read_text())
    del entries[5:8]
    found = read_keypoints(files.write_json(path, entries), size=files.SIZE)
    (person,) = found.people
    assert found.num_frames == person.num_frames == 20
    assert person.filled.all(axis=1).nonzero()[0].tolist() == [5, 6, 7]


@pytest.mark.parametrize("name", manifests.names("keypoints"))
def test_every_shipped_layout_parses(name: str):
    assert load_layout(name).name == name


def test_a_layout_with_an_unknown_point_or_wrong_weights_is_refused(tmp_path: Path):
    good = (manifests.manifest_root() / "keypoints/coco17.yaml").read_text()
    path = tmp_path / "mine.yaml"
    for old, new, words in (
        ("[{left_knee: 1}]", "[{left_kneee: 1}]", "left_kneee"),
        ("[{left_knee: 1}]", "[{left_knee: 2}]", "weights"),
    ):
        path.write_text(good.replace(old, new))
        with pytest.raises(InputError, match=words):
            load_layout(str(path))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", "[]", "not a keypoint file"),
        ("a.json", "{", "line 1: not valid JSON"),
        ("a.json", '[{"image_id": 1, "keypoints": [1, 2, 3]}]', "1 points a person"),
        ("a.json", '[{"image_id": 1, "keypoints": ["a", "b"]}]', "a.json"),
        ("a.json", json.dumps([{"image_id": 1, "keypoints": ["a"] * 51}]), "not numbers"),
        ("a.json", '{"people": 3}', "no list 'people'"),
        ("a.json", '{"people": [{"pose_keypoints_2d": null}]}', "no pose_keypoints_2d"),
        ("a.json", '{"people": []}', "no detected person"),
        ("a.json", '[{"frame_id": 0, "instances": []}]', "no detected person"),
        ("a.json", '[{"frame_id": 0, "instances": [3]}]', "no list 'keypoints'"),
        ("a.json", '[{"frame_id": "x", "instances": []}]', "frame_id"),
        ("a.txt", "", "expected keypoints in"),
    ],
)
def test_bad_files_end_in_one_clear_line(tmp_path: Path, name: str, content: str, words: str):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=words) as caught:
        read_keypoints(tmp_path / name, size=files.SIZE)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((5, 17, 4)), r"found \(5, 17, 4\)"),
        (np.zeros((5, 9, 2)), "9 points"),
        (np.zeros((5, 17, 2)), "no detected person"),
        (np.full((5, 17, 2), np.nan), "no detected person"),
        (np.array(["x"]), "expected keypoints"),
    ],
)
def test_bad_arrays_are_told_by_their_shape(tmp_path: Path, array: np.ndarray, words: str):
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(InputError, match=words):
        read_keypoints(tmp_path / "a.npy", size=files.SIZE)


def test_a_missing_image_size_is_asked_for(tmp_path: Path):
    path = files.write_coco_results(tmp_path / "a.json", files.tracks_of_people())
    with pytest.raises(InputError, match="does not tell the image size"):
        read_keypoints(path)


def test_an_unknown_format_or_layout_comes_with_the_known_ones(tmp_path: Path):
    path = files.write_coco_results(tmp_path / "a.json", files.tracks_of_people())
    with pytest.raises(InputError, match="unknown keypoint format 'cocoo': did you mean coco"):
        read_keypoints(path, format="cocoo")
    with pytest.raises(InputError, match="unknown keypoint layout"):
        read_keypoints(path, size=files.SIZE, layout="coco71")
    with pytest.raises(InputError, match="but halpe26 has 26"):
        read_keypoints(path, size=files.SIZE, layout="halpe26")


def test_a_file_of_another_format_than_told_is_refused(tmp_path: Path):
    path = files.write_coco_results(tmp_path / "a.json", files.tracks_of_people())
    with pytest.raises(InputError, match="is not of the format openpose"):
        read_keypoints(path, format="openpose", size=files.SIZE)


def test_no_file_and_an_empty_folder_are_told(tmp_path: Path):
    with pytest.raises(InputError, match="no such file or folder"):
        read_keypoints(tmp_path / "none.json")
    with pytest.raises(InputError, match="no OpenPose files"):
        read_keypoints(tmp_path, size=files.SIZE)


def test_every_format_has_the_two_functions():
    for module in FORMATS.values():
        assert callable(module.matches)
        assert callable(module.read)
