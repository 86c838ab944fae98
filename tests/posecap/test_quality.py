"""Unusable poses stop a run, counted and named, or are held where one asks to go on."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.quality import UnusableFrames, hold
from posecap.readers import open_dataset
from posecap.sequences import Sequence, View
from tests.fixtures.h36m_files import project_all, save_tree, swinging_motion, write_h36m

CAMERAS = load_dataset_manifest("h36m").subject_cameras("S1")


def make_sequence(num_frames: int = 10) -> Sequence:
    motion = swinging_motion(num_frames)
    tracks = zip(CAMERAS, project_all("S1", motion), strict=True)
    views = {camera.name: View(track, np.ones(track.shape[:2], np.float32)) for camera, track in tracks}
    return Sequence("S1/Walking", "S1", "Walking", "train", 50, motion, cameras=CAMERAS, views={"gt": views})


def test_a_good_sequence_is_itself():
    sequence = make_sequence()
    assert sequence.check() is sequence


def set_nan(sequence: Sequence) -> None:
    sequence.joints[[4, 6], 3] = np.nan


def shrink_a_limb(sequence: Sequence) -> None:
    sequence.joints[5, 6] = sequence.joints[5, 5]


def go_behind_a_camera(sequence: Sequence) -> None:
    behind = CAMERAS[1].position - CAMERAS[1].rotation[2] * 0.5
    sequence.joints[2:4] += (behind - sequence.joints[2, 0]).astype(np.float32)


def lose_2d(sequence: Sequence) -> None:
    sequence.views["gt"]["58860488"].pose_2d[8, 1] = np.inf


def doubt_too_much(sequence: Sequence) -> None:
    sequence.views["gt"]["58860488"].confidence[0, 1] = -0.1


SPOILT = [
    (set_nan, "frame 4 has NaN or infinite joints (2 of 10 frames)", [4, 6]),
    (shrink_a_limb, "frame 5 has no length between left_knee and left_ankle (1 of 10 frames)", [5]),
    (go_behind_a_camera, "frame 2 is behind camera 55011271 (2 of 10 frames)", [2, 3]),
    (lose_2d, "frame 8 of gt 2D in camera 58860488 is NaN or infinite (1 of 10 frames)", [8]),
    (
        doubt_too_much,
        "frame 0 of gt 2D in camera 58860488 has a confidence outside 0..1 (1 of 10 frames)",
        [0],
    ),
]


@pytest.mark.parametrize(("spoil", "words", "frames"), SPOILT)
def test_every_kind_of_unusable_frame_is_named_and_counted(spoil, words: str, frames: list[int]):
    sequence = make_sequence()
    spoil(sequence)
    with pytest.raises(UnusableFrames) as caught:
        sequence.check()
    assert words in str(caught.value)
    assert str(caught.value).startswith("S1/Walking: ")
    assert caught.value.problems[0].frames.nonzero()[0].tolist() == frames


def test_several_problems_are_counted():
    sequence = make_sequence()
    set_nan(sequence)
    lose_2d(sequence)
    with pytest.raises(UnusableFrames, match="and 1 more problem"):
        sequence.check()


def test_frames_that_do_not_count_need_not_be_usable():
    sequence = make_sequence()
    shrink_a_limb(sequence)
    valid = np.ones(10, bool)
    valid[5] = False
    sequence = replace(sequence, valid=valid)
    assert sequence.check() is sequence


def test_millimetres_are_noticed():
    sequence = make_sequence()
    with pytest.raises(InputError, match=r"bodies are \d+ m large; is the unit metres"):
        replace(sequence, joints=sequence.joints * 1000).check()


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (View(np.zeros((9, 17, 2)), np.zeros((9, 17))), "expected keypoints"),
        (View(np.zeros((10, 17, 2)), np.zeros((10, 16))), "expected confidences"),
    ],
)
def test_views_of_the_wrong_shape_are_named(view: View, words: str):
    with pytest.raises(InputError, match=f"gt 2D in camera c: {words}"):
        replace(make_sequence(), views={"gt": {"c": view}}).check()


def test_the_error_travels_between_processes_as_its_message():
    sequence = make_sequence()
    set_nan(sequence)
    with pytest.raises(UnusableFrames) as caught:
        sequence.check()
    sent = pickle.dumps(caught.value)
    assert len(sent) < 500
    again = pickle.loads(sent)
    assert isinstance(again, InputError)
    assert str(again) == str(caught.value)


def test_holding_takes_the_last_usable_frame_and_before_it_the_first():
    values = np.arange(6)
    usable = np.array([False, True, False, False, True, False])
    assert hold(values, usable).tolist() == [1, 1, 1, 1, 4, 4]


@pytest.fixture
def spoilt(tmp_path: Path) -> Path:
    """S1/Walking has two NaN frames, S9/Walking nothing else."""
    root = write_h36m(tmp_path / "h36m", num_frames=10)
    tree = np.load(root / "data_3d_h36m.npz", allow_pickle=True)["positions_3d"].item()
    tree["S1"]["Walking"][[0, 4]] = np.nan
    tree["S9"]["Walking"][:] = np.nan
    save_tree(root / "data_3d_h36m.npz", positions_3d=tree)
    return root


def test_unusable_frames_stop_a_run_unless_one_asks_to_skip_them(spoilt: Path):
    with pytest.raises(InputError, match=r"S1/Walking: frame 0 has NaN .*2 of 10"):
        open_dataset("h36m", spoilt).read("S1/Walking")
    data = open_dataset("h36m", spoilt, skip_invalid=True)
    assert data.keys() == ["S1/Walking", "S1/Sitting 1", "S9/Sitting 1"]
    sequence = data.read("S1/Walking")
    assert np.flatnonzero(~sequence.valid).tolist() == [0, 4]
    np.testing.assert_array_equal(sequence.joints[4], sequence.joints[3])
    np.testing.assert_array_equal(sequence.joints[0], sequence.joints[1])
    assert (sequence.views["gt"]["54138969"].confidence[4] == 0).all()
    assert "2 unusable frames held" in sequence.source
    assert data.read("S1/Sitting 1").valid is None


def test_what_was_skipped_is_reported(spoilt: Path):
    report = open_dataset("h36m", spoilt, skip_invalid=True).report
    assert report[0] == "S1/Walking: frame 0 has NaN or infinite joints (2 of 10 frames)"
    assert report[1:] == [
        "S9/Walking: frame 0 has NaN or infinite joints (10 of 10 frames)",
        "S9/Walking: no frame can be used; left out",
    ]


def test_data_without_any_usable_sequence_is_refused(tmp_path: Path):
    root = write_h36m(tmp_path, subjects=("S1",), actions=("Walking",), num_frames=3)
    save_tree(root / "data_3d_h36m.npz", positions_3d={"S1": {"Walking": np.full((3, 17, 3), np.nan)}})
    with pytest.raises(InputError, match="no sequence can be used"):
        open_dataset("h36m", root, skip_invalid=True)


def test_the_stand_in_is_usable_throughout(shared: Path):
    assert open_dataset("h36m", shared / "data", ["simdet"], skip_invalid=True).report == []


def test_a_message_is_one_printable_line_however_long_the_culprit():
    error = InputError("bad \x1b[31m\n" + "x" * 5000)
    assert str(error).startswith("bad  [31m xxx")
    assert len(str(error)) == 900
