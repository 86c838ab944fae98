"""BVH of any program: which joint is which, unit, up axis, cameras; and poses to BVH and back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from posecap.demo import make_motion
from posecap.errors import InputError
from posecap.figures import Figure, landmarks_to_h36m17
from posecap.io.bvh import write_bvh
from posecap.io.bvh_parser import read_bvh
from posecap.io.poses_to_bvh import poses_to_bvh
from posecap.joint_names import Landmarks
from posecap.readers import open_dataset
from posecap.readers.bvh import describe, survey
from posecap.skeletons import load_skeleton
from tests.fixtures.bvh_people import HABITS, STATURE, make_person, write_person
from tests.fixtures.bvh_reader import joint_places

ARM = ("shoulder", "elbow", "wrist")
ACROSS = [0, 9, -9, 0, 0, 9, 9, -9, -9]
# Human3.6M joint -> landmark of the same place
SAME_PLACE = {
    1: "right_hip",
    2: "right_knee",
    3: "right_ankle",
    4: "left_hip",
    5: "left_knee",
    6: "left_ankle",
}
SAME_PLACE |= {8: "neck", 9: "head", 11: "left_shoulder", 12: "left_elbow", 13: "left_wrist"}
SAME_PLACE |= {14: "right_shoulder", 15: "right_elbow", 16: "right_wrist"}


def naive_positions(bvh):
    """Forward kinematics frame by frame and joint by joint, with no shared code."""
    frames = []
    for row in bvh.motion:
        at, turned, column = {}, {}, 0
        for joint, parent in enumerate(bvh.parents):
            place, turn = bvh.offsets[joint].copy(), np.eye(3)
            for channel in bvh.channels[joint]:
                axis = "XYZ".index(channel[0])
                if channel.endswith("position"):
                    place[axis] = row[column]
                else:
                    i, j = [(1, 2), (2, 0), (0, 1)][axis]
                    c, s = np.cos(np.radians(row[column])), np.sin(np.radians(row[column]))
                    single = np.eye(3)
                    single[i, i], single[i, j], single[j, i], single[j, j] = c, -s, s, c
                    turn = turn @ single
                column += 1
            above = turned.get(parent, np.eye(3))
            at[joint] = at.get(parent, np.zeros(3)) + above @ place
            turned[joint] = above @ turn
        frames.append([at[joint] for joint in range(len(bvh.names))])
    return np.array(frames)


@pytest.mark.parametrize("habit", HABITS)
def test_forward_kinematics_is_that_of_a_plain_loop(habit):
    bvh, _ = make_person(HABITS[habit], num_frames=5)
    assert np.allclose(bvh.positions()[0], naive_positions(bvh), atol=1e-9)


@pytest.mark.parametrize("habit", HABITS)
def test_every_role_unit_and_axis_is_found_without_configuration(habit, tmp_path):
    marks = write_person(tmp_path / "walk.bvh", HABITS[habit])
    told = describe(tmp_path / "walk.bvh")
    bvh = read_bvh(tmp_path / "walk.bvh")
    wanted = {landmark: bvh.names[index] for landmark, index in marks.items()}
    assert {landmark: wanted[landmark] for landmark in told["landmarks"]} == told["landmarks"]
    assert len(told["landmarks"]) == 18
    assert told["up"] == HABITS[habit].up
    assert told["metres_per_unit"] == pytest.approx(HABITS[habit].unit, rel=1e-4)
    assert told["height_m"] == pytest.approx(STATURE, abs=0.1)


@pytest.mark.parametrize("habit", HABITS)
def test_people_come_out_upright_in_metres_on_the_floor(habit, tmp_path):
    marks = write_person(tmp_path / "walk.bvh", HABITS[habit])
    sequence = open_dataset("bvh", tmp_path).read("walk")
    assert sequence.fps == 60.0
    assert np.percentile(sequence.joints[..., 2].min(1), 50) < 0.2
    heights = sequence.joints[..., 2]
    assert (heights[:, 10] > heights[:, 9]).all()
    assert (heights[:, 8] > heights[:, 0]).all()
    assert (heights[:, 0] > heights[:, [3, 6]].max(1)).all()
    assert 1.4 < np.median(heights[:, 10]) < 2.1
    if HABITS[habit].up == "y":
        points = naive_positions(make_person(HABITS[habit])[0]) * HABITS[habit].unit
        points = np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)
        shift = sequence.joints[:, 1] - points[:, marks["right_hip"]]
        for joint, landmark in SAME_PLACE.items():
            assert np.allclose(sequence.joints[:, joint] - shift, points[:, marks[landmark]], atol=2e-4)


def test_five_unrelated_files_are_one_data_set(tmp_path):
    habits = ("mixamo", "bandai", "xsens segments", "cmu", "vicon")
    for seed, habit in enumerate(habits):
        (tmp_path / habit.replace(" ", "_")).mkdir()
        write_person(tmp_path / habit.replace(" ", "_") / "waveHands_01.bvh", HABITS[habit], seed)
    dataset = open_dataset("bvh", tmp_path, keypoints=("gt", "sim"), cameras=2, test="cmu/*,vicon/*")
    assert dataset.keys() == sorted(f"{habit.replace(' ', '_')}/waveHands_01" for habit in habits)
    for sequence in map(dataset.read, dataset.keys()):
        key = sequence.key
        assert sequence.num_frames == dataset.num_frames(key) == 40
        assert sequence.split == ("test" if key.startswith(("cmu", "vicon")) else "train")
        assert sequence.labels[0].text == "wave hands"
        assert 1.4 < np.median(sequence.joints[:, 10, 2]) < 2.1
        assert set(sequence.views) == {"gt", "sim"}
        assert set(sequence.views["sim"]) == {"V1", "V2"}


@pytest.mark.parametrize("moving", [True, False], ids=["rigid bones", "bones that change"])
def test_poses_come_back_from_bvh_within_a_millimetre(moving, tmp_path):
    joints = make_motion("D2", "picking_up", seconds=3.0).joints
    if not moving:
        joints = joints + np.random.default_rng(0).normal(0, 0.01, joints.shape).astype(np.float32)
    bvh = poses_to_bvh(joints, load_skeleton("h36m17"), fps=50)
    write_bvh(tmp_path / "pose.bvh", bvh)
    back = open_dataset("bvh", tmp_path, scale=0.01, up="y").read("pose")
    shift = back.joints[0, 0] - joints[0, 0]
    assert np.abs(back.joints - shift - joints).max() < 1e-3
    assert abs(shift[:2]).max() < 1e-5
    assert back.fps == 50.0


def test_a_bvh_that_is_read_and_written_is_the_same(tmp_path):
    for name, habit in HABITS.items():
        first, _ = make_person(habit)
        write_bvh(tmp_path / "a.bvh", first)
        again = read_bvh(tmp_path / "a.bvh")
        assert (again.names, again.parents, again.channels) == (first.names, first.parents, first.channels), (
            name
        )
        assert np.abs(again.motion - first.motion).max() < 1e-5
        assert np.abs(again.offsets - first.offsets).max() < 1e-5
        assert again.fps == 60.0
        assert again.ends.keys() == first.ends.keys()


def test_position_channels_that_add_to_the_offset_are_told_from_those_that_replace_it():
    bvh, _ = make_person(HABITS["bandai"], num_frames=4)
    zeros = bvh.motion.copy()
    zeros.reshape(4, len(bvh.names), 6)[:, 1:, :3] = 0
    assert np.allclose(replace(bvh, motion=zeros).positions()[0], bvh.positions()[0])


def test_braces_on_one_line_tabs_and_windows_line_ends_are_read(tmp_path):
    text = """HIERARCHY
ROOT Hips {
\tOFFSET\t0 1 0
  CHANNELS 6 xposition Yposition Zposition Zrotation Xrotation Yrotation
  End Site { OFFSET 0 10 0 } }
MOTION
Frames:\t2
Frame Time:\t0.0333333
0 0 0 0 0 0
1 2 3 90 0 0
""".replace("\n", "\r\n")
    (tmp_path / "a.bvh").write_bytes(text.encode())
    bvh = read_bvh(tmp_path / "a.bvh")
    positions, ends = bvh.positions()
    assert bvh.fps == 30.0
    assert np.allclose(positions[1, 0], [1, 2, 3])
    assert np.allclose(ends[0][1], [-9, 2, 3])


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: "not a motion", "line 1: not a BVH file: expected HIERARCHY"),
        (lambda text: text.replace("Frames: 40", "Frames: 41"), "expected 41 frames of .* channels, found"),
        (lambda text: text.replace("CHANNELS 3", "CHANNELS 4", 1), "CHANNELS"),
        (lambda text: text.replace("}", "", 1), "braces closed|JOINT"),
        (lambda text: text.replace("Frame Time: 0.0", "Frame Time: -0.0"), "frame time above 0"),
        (lambda text: text[:-20] + " nan 1 2 3 4 5", "expected"),
        (lambda text: text.replace("Leg", "Limb"), "no joint name says left_hip.*roles=left_hip=NAME"),
        (lambda text: text.replace("OFFSET", "OFFSET 1"), "three numbers after OFFSET"),
        (lambda text: text.replace("OFFSET 9", "OFFSET 9e999 #", 1), "finite numbers|numbers"),
        (lambda text: text.replace("CHANNELS 3 Zrotation Yrotation Xrotation", "CHANNELS", 1), "a count and"),
        (lambda text: text.replace("Frames: 40", "Frames: 1e999"), "finite numbers"),
    ],
)
def test_bad_files_are_told_in_one_line(spoil, message, tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS["lafan"])
    path = tmp_path / "walk.bvh"
    path.write_text(spoil(path.read_text()))
    with pytest.raises(InputError, match=message) as caught:
        open_dataset("bvh", tmp_path).read("walk")
    assert "\n" not in str(caught.value)
    assert "walk.bvh" in str(caught.value)


def test_roles_scale_and_up_can_be_given(tmp_path):
    path = tmp_path / "walk.bvh"
    write_person(path, HABITS["lafan"])
    path.write_text(path.read_text().replace("UpLeg", "Stalk"))
    dataset = open_dataset("bvh", path, roles="left_hip=LeftStalk,right_hip=RightStalk", scale=0.02, up="y")
    assert 2.8 < np.median(dataset.read("walk").joints[:, 10, 2]) < 4.2
    with pytest.raises(InputError, match="its joints are Hips"):
        open_dataset("bvh", path, roles={"left_hip": "Nose"}).read("walk")


def test_frames_can_be_dropped_to_come_near_a_rate(tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS["lafan"])
    dataset, whole = open_dataset("bvh", tmp_path, fps=25), open_dataset("bvh", tmp_path)
    sequence = dataset.read("walk")
    assert (sequence.fps, sequence.num_frames, dataset.num_frames("walk")) == (30.0, 20, 20)
    assert np.allclose(sequence.joints, whole.read("walk").joints[::2])
    with pytest.raises(InputError, match="fps is 0"):
        open_dataset("bvh", tmp_path, fps=0).read("walk")


def test_a_size_that_no_unit_explains_asks_for_the_scale(tmp_path):
    write_person(tmp_path / "giant.bvh", replace(HABITS["lafan"], unit=0.18))
    with pytest.raises(InputError, match=r"giant\.bvh: the person is .* units tall.*scale=METRES_PER_UNIT"):
        open_dataset("bvh", tmp_path).read("giant")


def test_somebody_who_lies_all_the_time_is_put_upright_by_the_rest_pose(tmp_path):
    bvh, _ = make_person(HABITS["lafan"])
    motion = bvh.motion.copy()
    motion[:, 3:6] = [0, 40, 45]  # neither upright nor along an axis
    write_bvh(tmp_path / "lying.bvh", replace(bvh, motion=motion))
    assert describe(tmp_path / "lying.bvh")["up"] == "y"


def test_left_handed_axes_are_noticed_by_the_toes(tmp_path):
    bvh, _ = make_person(HABITS["lafan"])
    swap = {"Left": "Right", "Right": "Left"}
    names = tuple(next((swap[s] + n[len(s) :] for s in swap if n.startswith(s)), n) for n in bvh.names)
    write_bvh(tmp_path / "odd.bvh", replace(bvh, names=names))
    with pytest.raises(InputError, match=r"odd\.bvh: the toes point backwards.*mirror=true"):
        open_dataset("bvh", tmp_path).read("odd")
    write_bvh(tmp_path / "even.bvh", bvh)
    kept = open_dataset("bvh", tmp_path, mirror=False)
    assert np.allclose(kept.read("odd").joints[:, 4], kept.read("even").joints[:, 1])
    turned = open_dataset("bvh", tmp_path, mirror=True).read("odd").joints
    assert np.allclose(turned[:, 4], kept.read("even").joints[:, 1] * [-1, 1, 1])


def test_ends_of_eyes_are_not_the_top_of_the_head():
    marks = Landmarks(
        {"left_hip": 1, "right_hip": 2, "neck": 3, "head": 4, "left_ankle": 6, "right_ankle": 8}, ()
    )
    marks = replace(marks, joints=marks.joints | {f"{s}_{p}": 0 for s in ("left", "right") for p in ARM})
    marks = replace(marks, joints=marks.joints | {"left_knee": 5, "right_knee": 7})
    places = np.array(
        [
            [0, 0, 0],
            [9, 0, 0],
            [-9, 0, 0],
            [0, 54, 0],
            [0, 62, 0],
            [9, -40, 0],
            [9, -82, 0],
            [-9, -40, 0],
            [-9, -82, 0],
        ],
        dtype=float,
    )
    parents = (-1, 0, 0, 0, 3, 1, 5, 2, 7)
    eye = np.array([[4.0, 70.0, 8.0]])
    top = np.array([[0.0, 80.0, 1.0]])
    alone = landmarks_to_h36m17(Figure(places[None], {4: eye}, marks, parents))[0, 10]
    known = landmarks_to_h36m17(Figure(places[None], {4: top}, marks, parents))[0, 10]
    assert np.allclose(alone[[0, 2]], 0)
    assert 75 < alone[1] < 90
    assert np.allclose(known, top)


def test_an_empty_folder_and_an_unknown_option_are_told(tmp_path):
    with pytest.raises(InputError, match=r"holds no \.bvh files"):
        open_dataset("bvh", tmp_path)
    with pytest.raises(InputError, match="no such file or folder"):
        open_dataset("bvh", "/nowhere/at/all")
    with pytest.raises(InputError, match="no option 'size'"):
        open_dataset("bvh", tmp_path, size=3)


def test_feet_that_end_below_the_ankle_point_neither_way(tmp_path):
    bvh, marks = make_person(HABITS["lafan"])
    bent, ends = bvh.motion.copy(), dict(bvh.ends)
    column = {joint: 6 + 3 * (joint - 1) for joint in range(1, len(bvh.names))}
    for side in ("left", "right"):
        toe, knee = marks[f"{side}_toe"], marks[f"{side}_knee"]
        bent[:, column[knee] + HABITS["lafan"].order.index("X")] = 25
        ends[toe] = np.zeros(3)
        bvh.offsets[toe] = [0, -9, -0.5]
    write_bvh(tmp_path / "stumps.bvh", replace(bvh, motion=bent, ends=ends))
    assert describe(tmp_path / "stumps.bvh")["up"] == "y"


@pytest.fixture
def mixed(tmp_path):
    """Two files that tell everything, and two of which one thing each stays open."""
    for name, habit in (("clear", "mixamo"), ("other", "bandai"), ("big", "lafan"), ("odd", "xsens")):
        write_person(tmp_path / f"{name}.bvh", HABITS[habit])
    odd = (tmp_path / "odd.bvh").read_text()
    (tmp_path / "odd.bvh").write_text(odd.replace("LeftKnee", "J7").replace("RightKnee", "J11"))
    bvh = read_bvh(tmp_path / "big.bvh")
    motion = bvh.motion * np.where(
        [name.endswith("n") and "pos" in name for name in sum(bvh.channels, ())], 3, 1
    )
    ends = {joint: 3 * end for joint, end in bvh.ends.items()}
    write_bvh(tmp_path / "big.bvh", replace(bvh, offsets=3 * bvh.offsets, motion=motion, ends=ends))
    return tmp_path


def test_all_files_that_stay_unclear_are_told_at_once(mixed):
    with pytest.raises(InputError) as told:
        open_dataset("bvh", mixed).read("odd")
    for words in (
        "2 of 4",
        "big.bvh (scale: ",
        "odd.bvh (roles: which joint is left_knee, right_knee)",
        "per_file",
    ):
        assert words in str(told.value)
    dataset = open_dataset("bvh", mixed, skip_invalid=True)
    assert dataset.keys() == ["clear", "other"]
    assert len(dataset.report) == 2
    assert all(" of 4 " not in line for line in dataset.report)


def test_one_unclear_file_is_told_in_full(mixed):
    (mixed / "big.bvh").unlink()
    with pytest.raises(InputError, match=r"odd.bvh: no joint name says left_knee.*its joints are Hips"):
        open_dataset("bvh", mixed).read("odd")


def test_what_files_do_not_tell_is_said_file_by_file(mixed, tmp_path):
    settings = tmp_path / "settings.yaml"
    settings.write_text("big: {scale: 0.00333}\n'o?d.bvh': {roles: {left_knee: J7, right_knee: J11}}\n")
    dataset = open_dataset("bvh", mixed, per_file=str(settings))
    for sequence in map(dataset.read, dataset.keys()):
        assert 1.4 < np.median(sequence.joints[:, 10, 2]) < 2.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gone: {up: y}", r"no file fits 'gone' \(there are big.bvh, clear.bvh"),
        ("big: {scael: 1}", "big: scael"),
        ("big: {scale: -1}", "big: scale"),
        ("[1, 2]", "expected file patterns"),
        ("a: [", "not valid YAML"),
    ],
)
def test_settings_that_are_wrong_are_told(mixed, tmp_path, text, message):
    (tmp_path / "settings.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        open_dataset("bvh", mixed, per_file=str(tmp_path / "settings.yaml"))


def test_a_survey_has_a_row_for_every_file(mixed):
    rows = {row["sequence"]: row for row in survey(mixed)}
    assert [rows[name]["stays open"] for name in ("clear", "other")] == ["", ""]
    assert rows["clear"]["unit"] == "cm"
    assert rows["odd"]["stays open"].startswith("roles: ")
    assert rows["odd"]["unit"] is None
    assert {row["stays open"] for row in survey(mixed, scale=0.00333)} >= {rows["odd"]["stays open"]}


def test_a_test_pattern_that_fits_nothing_is_told(mixed):
    with pytest.raises(InputError, match=r"no sequence fits 'S9\*' \(there are big, clear, odd, other\)"):
        open_dataset("bvh", mixed, test="clear,S9*")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(mixed, value):
    with pytest.raises(InputError, match="option scale is"):
        open_dataset("bvh", mixed, scale=value)


@pytest.mark.parametrize("stretch", [False, True], ids=["rigid bones", "bones that change"])
def test_a_reader_that_shares_no_code_finds_the_same_joints_within_a_millimetre(stretch, tmp_path):
    joints = make_motion("D2", "picking_up", seconds=1.0).joints[::5].astype(np.float64)
    if stretch:
        joints *= np.linspace(0.95, 1.05, len(joints))[:, None, None]
    skeleton = load_skeleton("h36m17")
    write_bvh(tmp_path / "out.bvh", poses_to_bvh(joints, skeleton, 10.0))
    seconds, frames = joint_places(tmp_path / "out.bvh")
    assert seconds == pytest.approx(0.1)
    names = ["".join(part.capitalize() for part in name.split("_")) for name in skeleton.joints]
    found = np.array([[frame[name] for name in names] for frame in frames]) / 100
    z_up = np.stack([found[..., 0], -found[..., 2], found[..., 1]], axis=-1)
    assert np.linalg.norm(z_up - joints, axis=-1).max() < 1e-3


@pytest.mark.parametrize("habit", ["mixamo", "bandai"])
def test_both_readers_agree_on_files_of_other_programs(habit, tmp_path):
    write_person(tmp_path / "walk.bvh", HABITS[habit])
    bvh = read_bvh(tmp_path / "walk.bvh")
    _, frames = joint_places(tmp_path / "walk.bvh")
    places = np.array([[frame[name] for name in bvh.names] for frame in frames[::10]])
    np.testing.assert_allclose(bvh.positions()[0][::10], places, atol=1e-6)
