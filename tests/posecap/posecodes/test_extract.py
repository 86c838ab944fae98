"""`extract`: its options, its warnings, its errors, and what it leaves out."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.errors import InputError
from posecap.frames import UP_TO_Y, to_body_frame, to_camera_frame, up_rotation
from posecap.posecodes import codes as codes_module
from posecap.posecodes import extract, load_definitions
from posecap.skeletons import Skeleton, load_skeleton

SKELETON = load_skeleton("h36m17")


def standing(num: int = 1, jitter: float = 0.02, seed: int = 0) -> np.ndarray:
    """(N, 17, 3) people who stand with hanging arms, Z up, looking along -y."""
    points = {
        "pelvis": (0, 0, 0.95), "right_hip": (-0.12, 0, 0.95), "right_knee": (-0.12, 0, 0.5),
        "right_ankle": (-0.12, 0, 0.08), "spine": (0, 0, 1.2), "thorax": (0, 0, 1.45), "neck": (0, 0, 1.55),
        "head": (0, -0.02, 1.68), "left_shoulder": (0.18, 0, 1.42), "left_elbow": (0.22, 0, 1.14),
        "left_wrist": (0.24, 0, 0.9),
    }  # fmt: skip
    for right, left in (("hip", "hip"), ("knee", "knee"), ("ankle", "ankle")):
        x, y, z = points[f"right_{right}"]
        points[f"left_{left}"] = (-x, y, z)
    for part in ("shoulder", "elbow", "wrist"):
        x, y, z = points[f"left_{part}"]
        points[f"right_{part}"] = (-x, y, z)
    pose = np.array([points[joint] for joint in SKELETON.joints])
    return pose + np.random.default_rng(seed).normal(0, jitter, (num, 17, 3))


def same(one, other) -> bool:
    return bool((one.category_table() == other.category_table()).all())


def test_a_standing_body_reads_as_one() -> None:
    codes = extract(standing(jitter=0))
    names = {
        s.name for s, holds in zip(codes.definitions.statements, codes.selected()[0], strict=True) if holds
    }
    assert "angle(left_hip, left_knee, left_ankle)=straight" in names
    assert "relativeVAxis(pelvis, neck)=vertical" in names
    assert "relativePosY(left_hand, left_shoulder)=above" not in names


def test_every_shape_of_the_answer() -> None:
    codes = extract(standing(7))
    definitions = load_definitions("h36m17")
    assert len(codes) == 7
    assert codes.category_table().shape == (7, len(definitions.columns))
    assert codes.category_table().dtype == np.int8
    for table in (codes.selected(), codes.true_statements()):
        assert table.shape == (7, len(definitions.statements))
        assert table.dtype == bool
    for kind in codes.kinds:
        assert codes.values[kind].shape == codes.categories[kind].shape == (7, len(codes.joint_sets[kind]))
        assert codes.values[kind].dtype == np.float32
    assert all(row.shape == (7,) for row in codes.super_posecodes.values())


def test_no_poses_give_empty_tables() -> None:
    codes = extract(np.zeros((0, 17, 3)))
    assert codes.category_table().shape == (0, len(codes.definitions.columns))
    assert codes.selected().shape == (0, len(codes.definitions.statements))


def test_blocks_do_not_show(monkeypatch) -> None:
    joints = standing(23, 0.2)
    whole = extract(joints, noise=True)
    monkeypatch.setattr(codes_module, "BLOCK", 4)
    cut = extract(joints, noise=True)
    assert same(whole, cut)
    assert (whole.selected(0.3) == cut.selected(0.3)).all()
    np.testing.assert_array_equal(whole.value_rows, cut.value_rows)


def test_the_body_frame_can_be_made_beforehand() -> None:
    joints = standing(20, 0.2)
    assert same(extract(joints), extract(to_body_frame(joints, "h36m17"), frame="as-is"))


DEPTH, SIDEWAYS = "relativePosZ", "relativePosX"


def rows_of(codes, told) -> np.ndarray:
    """(K, N) categories of the posecodes of the kinds for which `told` holds."""
    columns = [column for column, (kind, _) in enumerate(codes.definitions.columns) if told(kind)]
    return codes.category_rows[columns]


def seen_turned(degrees: float, num: int = 20) -> np.ndarray:
    """People in front of a level camera, 4 m away, turned about the vertical; at 0 they face it."""
    x, y, z = np.moveaxis(to_body_frame(standing(num, 0.2), "h36m17"), -1, 0)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.stack([c * x + s * z, 1 - y, 4 - (c * z - s * x)], axis=-1)


@pytest.mark.parametrize("up", [(0, -1, 0), (0.1, -0.9, 0.2)])
def test_depth_in_the_camera_frame_is_that_of_the_viewers_axes(up: tuple) -> None:
    joints = seen_turned(70)
    one = extract(joints, frame="camera", up=up)
    viewer = extract(to_camera_frame(joints, up), frame="as-is")
    np.testing.assert_array_equal(one.values[DEPTH], viewer.values[DEPTH])


@pytest.mark.parametrize("degrees", [30, 90, 180, 250])
def test_turning_in_front_of_the_camera_changes_depth_alone(degrees: float) -> None:
    facing, turned = (extract(seen_turned(angle), frame="camera") for angle in (0, degrees))
    np.testing.assert_array_equal(
        rows_of(facing, lambda kind: kind != DEPTH), rows_of(turned, lambda kind: kind != DEPTH)
    )
    assert not np.array_equal(facing.categories[DEPTH], turned.categories[DEPTH])
    if degrees == 180:
        np.testing.assert_allclose(turned.values[DEPTH], -facing.values[DEPTH], atol=1e-5)


@pytest.mark.parametrize("degrees", [0, 45, 90, 180])
def test_the_camera_frame_tells_of_the_body_what_the_body_frame_does(degrees: float) -> None:
    joints = seen_turned(degrees)
    seen, own = extract(joints, frame="camera"), extract(joints, up="-y")
    shared = [kind for kind in own.kinds if kind not in (DEPTH, SIDEWAYS)]
    assert {"bodyInclineX", "bodyInclineY", "bodyInclineZ", "headInclineX"} <= set(shared)
    for kind in shared:
        np.testing.assert_allclose(seen.values[kind], own.values[kind], atol=1e-3, err_msg=kind)
    sides = {(one.kind, one.joints) for one in seen.left_out if one.reason.startswith("sideways")}
    assert sides == {(SIDEWAYS, joints) for joints in own.joint_sets[SIDEWAYS]}
    assert (rows_of(seen, lambda kind: kind == SIDEWAYS) == -1).all()


def test_joint_rotations_against_the_root_do_not_turn_with_the_viewer() -> None:
    skeleton = load_skeleton("smplh52")
    rng = np.random.default_rng(3)
    joints = np.cumsum(rng.normal(0, 0.08, (4, 52, 3)), axis=1)
    rotations = rng.normal(0, 0.5, (4, 52, 3))
    seen = extract(joints, skeleton, frame="camera", up="-y", rotations=rotations)
    own = extract(joints, skeleton, up="-y", rotations=rotations)
    kinds = [kind for kind in own.kinds if kind.startswith("relativeRot")]
    assert kinds
    for kind in kinds:
        # angles near a half turn may come with either sign
        apart = (seen.values[kind] - own.values[kind] + 180) % 360 - 180
        np.testing.assert_allclose(apart, 0, atol=1e-2)


def test_a_person_who_stands_sideways_is_not_twisted() -> None:
    x, y, z = np.moveaxis(to_body_frame(standing(jitter=0), "h36m17"), -1, 0)
    for sideways in (np.stack([-z, -y, 4 - x], -1), np.stack([z, -y, 4 + x], -1)):
        codes = extract(sideways, frame="camera")
        assert codes.values["bodyInclineY"][0, 0] == pytest.approx(0, abs=1e-3)
        told = {s.kind for s in codes.definitions.statements if codes.selected()[0, s.id]}
        assert not told & {"bodyInclineX", "bodyInclineY", "bodyInclineZ", SIDEWAYS}


@given(st.integers(0, 2**32 - 1), st.floats(-180, 180), st.tuples(*[st.floats(-5, 5)] * 3))
def test_values_do_not_depend_on_heading_or_place(seed: int, degrees: float, shift: tuple) -> None:
    joints = standing(3, 0.2, seed)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    moved = joints @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + shift
    np.testing.assert_allclose(extract(moved).value_rows, extract(joints).value_rows, atol=1e-3)


@pytest.mark.parametrize("up", UP_TO_Y)
def test_any_axis_can_be_up(up: str) -> None:
    joints = standing(10)
    elsewhere = joints @ (up_rotation(up).T @ up_rotation("z")).T
    assert same(extract(joints), extract(elsewhere, up=up))


@pytest.mark.parametrize(("unit", "factor"), [("cm", 100), ("mm", 1000), ("in", 1 / 0.0254)])
def test_units_are_converted(unit: str, factor: float) -> None:
    joints = standing(10)
    np.testing.assert_allclose(
        extract(joints * factor, unit=unit).value_rows, extract(joints).value_rows, atol=1e-4
    )


def test_left_handed_coordinates_are_turned_over_not_mirrored_in_meaning() -> None:
    joints = standing(10, 0.1)
    left_handed = joints * [1, -1, 1]  # the same bodies, y counted the other way
    assert same(extract(left_handed, handedness="left"), extract(joints))


@pytest.mark.parametrize(
    ("joints", "options", "words"),
    [
        (standing(50) * 10, {}, "about 16.8 m"),
        (standing(50) * 100, {}, "unit"),
        (standing(50), {"up": "y"}, "lie on their side"),
        (standing(50), {"up": "-z"}, "upside down"),
    ],
)
def test_a_crowd_of_giants_or_of_lying_people_is_warned_of(joints, options, words) -> None:
    with pytest.warns(UserWarning, match=words):
        extract(joints, **options)


def test_people_of_the_right_size_are_not_warned_of() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        extract(standing(50, 0.05))
        extract(standing(50) * 1000, unit="mm")


@pytest.mark.parametrize(
    ("joints", "options", "words"),
    [
        (np.zeros((2, 16, 3)), {}, r"expected shape \(frames, 17, 3\)"),
        (np.zeros((17, 3)), {}, "got"),
        (np.full((2, 17, 3), "a"), {}, "numbers"),
        (standing(2), {"skeleton": "h36m71"}, "did you mean h36m17"),
        (standing(2), {"definitions": "posescrip"}, "did you mean posescript"),
        (standing(2), {"frame": "world"}, "unknown frame 'world'"),
        (standing(2), {"unit": "km"}, "unknown unit"),
        (standing(2), {"up": "w"}, "unknown up axis"),
        (standing(2), {"handedness": "both"}, "handedness"),
        (standing(2), {"frames": np.arange(3)}, "frames: expected"),
        (
            standing(2),
            {"definitions": "posescript", "rotations": np.zeros((3, 17, 3))},
            "rotations: expected",
        ),
    ],
)
def test_bad_input_is_one_clear_line(joints, options, words) -> None:
    with pytest.raises(InputError, match=words) as caught:
        extract(joints, **options)
    assert "\n" not in str(caught.value)


def test_a_joint_that_is_not_a_number_is_named_with_its_frame() -> None:
    joints = standing(5)
    joints[3, SKELETON.index("left_wrist"), 1] = np.nan
    with pytest.raises(InputError, match="frame 3, left_wrist"):
        extract(joints)


def test_what_a_skeleton_cannot_tell_is_left_out_and_listed() -> None:
    codes = extract(standing(3))
    left_out = {(entry.kind, entry.joints): entry.reason for entry in codes.left_out}
    turn = ("headTurnY", ("left_ear", "right_ear", "neck", "pelvis", "left_shoulder", "right_shoulder"))
    assert "left_ear" in left_out[turn]
    assert "headTurnY" not in codes.kinds
    assert (codes.category_table()[:, codes.definitions.column(*turn)] == -1).all()
    turned = [s.id for s in codes.definitions.statements if s.kind == "headTurnY"]
    assert not codes.true_statements()[:, turned].any()


def test_super_posecodes_of_missing_kinds_are_left_out_and_listed(tmp_path) -> None:
    skeleton = SKELETON.model_copy(
        update={"roles": {k: v for k, v in SKELETON.roles.items() if "knee" not in k}}
    )
    codes = extract(standing(3), skeleton)
    assert ("super", ("kneeling",)) in [(entry.kind, entry.joints) for entry in codes.left_out]
    assert "kneeling" not in codes.super_posecodes
    assert "hands_shoulder_width" in codes.super_posecodes


ARM = Skeleton(
    name="arm",
    description="one arm",
    joints=("shoulder", "elbow", "wrist"),
    parents=(-1, 0, 1),
    pairs=(),
    roles={"left_shoulder": "shoulder", "left_elbow": "elbow", "left_wrist": "wrist", "left_hand": "wrist"},
)


def test_a_single_arm_tells_what_an_arm_can_tell() -> None:
    arm = [[(0, 0, 1.4), (0.3, 0, 1.4), (0.3, -0.25, 1.4)]]
    codes = extract(np.array(arm), ARM, "h36m17")
    assert codes.joint_sets["angle"] == [("left_shoulder", "left_elbow", "left_wrist")]
    assert codes.categories["angle"].tolist() == [[2]]
    assert set(codes.kinds) == {
        "angle",
        "distance",
        "relativePosX",
        "relativePosY",
        "relativeVAxis",
        "onGround",
    }
    assert codes.super_posecodes == {}


def test_a_skeleton_that_can_tell_nothing_tells_nothing() -> None:
    point = Skeleton(name="point", description="", joints=("tip",), parents=(-1,), pairs=(), roles={})
    codes = extract(np.zeros((4, 1, 3)), point, "h36m17")
    assert codes.kinds == []
    assert not codes.selected().any()
    assert len(codes.left_out) == len(codes.definitions.columns) + len(codes.definitions.super_posecodes)


def smpl_pose() -> np.ndarray:
    """(1, 22, 3) of a body that stands, y up."""
    skeleton = load_skeleton("smpl22")
    joints = np.random.default_rng(0).normal(0, 0.2, (1, 22, 3))
    joints[0, skeleton.index("neck"), 1] += 1
    return joints


def rotations(**joints: tuple[float, float, float]) -> np.ndarray:
    """(1, 22, 3) local rotations from degrees around x, y or z."""
    skeleton = load_skeleton("smpl22")
    vectors = np.zeros((1, 22, 3))
    for joint, degrees in joints.items():
        vectors[0, skeleton.index(joint)] = np.radians(degrees)
    return vectors


@pytest.mark.parametrize(
    ("turns", "kind", "degrees", "category"),
    [
        ({"head": (40, 0, 0)}, "relativeRotX", 40, "incline forward"),
        ({"neck": (0, 0, 20), "head": (0, 0, 25)}, "relativeRotZ", 45, "incline right"),
        ({"spine2": (0, -20, 0), "head": (0, -20, 0)}, "relativeRotY", -40, "turn right"),
        ({"left_hip": (90, 0, 0)}, "relativeRotY", 0, "ignored_y_turn"),
    ],
)
def test_joint_rotations_tell_how_the_head_is_held(turns, kind, degrees, category) -> None:
    codes = extract(smpl_pose(), "smpl22", frame="as-is", rotations=rotations(**turns))
    assert codes.left_out == ()
    np.testing.assert_allclose(codes.values[kind], [[degrees]], atol=1e-3)
    assert codes.category_names[kind][codes.categories[kind][0, 0]] == category


def test_a_turned_body_in_a_z_up_world_does_not_turn_the_head() -> None:
    """The root's rotation counts in the body frame, where a body that only faces elsewhere has none."""
    skeleton = load_skeleton("smpl22")
    joints = smpl_pose()[..., [2, 0, 1]]
    joints[0, [skeleton.index("left_hip"), skeleton.index("right_hip")]] = [[0, 0.1, 1], [0, -0.1, 1]]
    # SMPL's rest pose is y up and faces z; this root stands it up and turns its left side to y
    stand_up = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
    axis_angle = np.array([1, 1, 1]) / np.sqrt(3) * np.radians(120)
    turns = rotations(head=(0, 60, 0))
    turns[0, 0] = axis_angle
    np.testing.assert_allclose(stand_up @ [1, 0, 0], [0, 1, 0])
    codes = extract(joints, "smpl22", rotations=turns)
    np.testing.assert_allclose(codes.values["relativeRotY"], [[60]], atol=1e-3)


def with_head(direction: tuple[float, float, float]) -> np.ndarray:
    """A standing body (its left at +x, looking along -y) whose head lies in `direction` from the neck."""
    joints = standing(jitter=0)
    thorax = joints[0, SKELETON.index("thorax")]
    joints[0, SKELETON.index("head")] = thorax + 0.23 * np.array(direction) / np.linalg.norm(direction)
    return joints


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        ((0, -0.1, 1), set()),
        ((0, -0.8, 1), {"incline forward"}),
        ((0, 0.5, 1), {"incline backward"}),
        ((0.4, 0, 1), {"incline left"}),
        ((-0.4, 0, 1), {"incline right"}),
        ((-0.4, -1, 1), {"incline right", "incline forward"}),
    ],
)
def test_joint_positions_tell_how_the_head_is_held(direction, told) -> None:
    codes = extract(with_head(direction))
    holds = codes.selected()[0]
    found = {s.category for s in codes.definitions.statements if holds[s.id] and s.subject == "head"}
    assert found == told


def test_a_bent_trunk_does_not_bow_the_head() -> None:
    joints = with_head((0, -0.1, 1))
    c, s = np.cos(np.radians(70)), np.sin(np.radians(70))
    upper = [SKELETON.index(name) for name in ("spine", "thorax", "neck", "head")]
    upper += [i for i, name in enumerate(SKELETON.joints) if name.endswith(("shoulder", "elbow", "wrist"))]
    bent = joints.copy()
    bent[:, upper] = (joints[:, upper] - joints[:, :1]) @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]])
    bent[:, upper] += joints[:, :1]
    straight, bowed = extract(joints), extract(bent)
    np.testing.assert_allclose(bowed.values["headInclineX"], straight.values["headInclineX"], atol=1e-3)
    assert straight.values["bodyInclineX"][0, 0] == pytest.approx(0, abs=1e-3)
    assert bowed.values["bodyInclineX"][0, 0] > 60


@pytest.mark.parametrize(("degrees", "category"), [(40, "turn left"), (-20, "turn right slightly")])
def test_ears_tell_where_the_head_is_turned(degrees: float, category: str) -> None:
    skeleton = load_skeleton("coco17")
    seventeen = load_skeleton("h36m17")
    body = standing(jitter=0)[0]
    joints = np.zeros((1, 17, 3))
    for place, joint in enumerate(skeleton.joints):
        joints[0, place] = body[seventeen.index(joint)] if joint in seventeen.joints else (0, -0.1, 1.6)
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    joints[0, skeleton.index("left_ear")] = [0.08 * c, 0.08 * s, 1.6]  # its left is +x, it turns around z
    joints[0, skeleton.index("right_ear")] = [-0.08 * c, -0.08 * s, 1.6]
    codes = extract(joints, "coco17", up="z")
    assert codes.left_out == ()
    assert codes.values["headTurnY"][0, 0] == pytest.approx(degrees, abs=1e-3)
    told = [
        s.category
        for s in codes.definitions.statements
        if codes.selected()[0, s.id] and s.kind == "headTurnY"
    ]
    assert told == [category]


def test_in_the_camera_frame_behind_speaks_of_depth() -> None:
    """A body seen from its left side: its left hand is nearer to the viewer, though beside the body."""
    body = to_body_frame(standing(jitter=0), "h36m17")
    x, y, z = np.moveaxis(body, -1, 0)
    camera = np.stack([-z, -y, 4 - x], axis=-1)  # the camera stands at the body's left, 4 m away
    place = load_definitions("h36m17").statement_ids
    left_in_front = place["relativePosZ(left_elbow, right_elbow)=front"]
    assert extract(camera, frame="camera").selected()[0, left_in_front]
    assert not extract(standing(jitter=0)).selected()[0, left_in_front]
