"""The demo's people move like people."""

from __future__ import annotations

import json

import numpy as np
import pytest

from posecap import manifests
from posecap.demo import FPS, make_motion
from posecap.demo.action import load_action
from posecap.demo.settings import demo_settings
from posecap.errors import InputError
from posecap.skeletons import load_skeleton

# 1st and 99th percentile of |second difference| x 50^2 in m/s^2, one a joint, of the CMU motion (126
# sequences without the duplicate, resampled to 50 fps by cubic splines); `test_..._are_those_of_cmu`
# measures them anew where the data lie beside the checkout.
CMU_LOW = [
    0.34,
    0.38,
    0.46,
    0.38,
    0.40,
    0.38,
    0.30,
    0.23,
    0.27,
    0.28,
    0.30,
    0.44,
    0.68,
    0.82,
    0.44,
    0.68,
    0.79,
]
CMU_HIGH = [
    36.4,
    38.3,
    43.8,
    43.3,
    42.0,
    50.9,
    46.4,
    23.5,
    28.3,
    30.7,
    28.7,
    47.3,
    59.3,
    57.5,
    49.2,
    60.7,
    61.7,
]
HIPS_KNEES_ANKLES = {"left": (4, 5, 6), "right": (1, 2, 3)}
SHOULDERS_ELBOWS_WRISTS = {"left": (11, 12, 13), "right": (14, 15, 16)}


@pytest.fixture(scope="module")
def motions():
    """Every subject in every action, four seconds each."""
    settings = demo_settings()
    return {
        (who, what): make_motion(who, what, seconds=4.0)
        for who in settings.subjects
        for what in settings.actions
    }


def accelerations(joints: np.ndarray, fps: float = FPS) -> np.ndarray:
    return np.linalg.norm(np.diff(joints.astype(float), 2, axis=0), axis=-1) * fps**2


def angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = np.sum(a * b, axis=-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def leftward(joints: np.ndarray) -> np.ndarray:
    return joints[:, 4] - joints[:, 1]


def test_every_action_file_is_used_and_valid():
    names = manifests.names("demo/actions")
    assert sorted(demo_settings().actions) == names
    assert len(names) >= 8
    assert all(load_action(name).name == name for name in names)


def test_bones_are_rigid_and_left_equals_right(motions):
    skeleton = load_skeleton("h36m17")
    children = np.arange(1, 17)
    parents = np.array(skeleton.parents)[children]
    order = skeleton.mirror_order()
    bodies = {}
    for (who, _), motion in motions.items():
        bones = np.linalg.norm(motion.joints[:, children] - motion.joints[:, parents], axis=-1)
        assert np.ptp(bones, axis=0).max() < 1e-5
        assert np.allclose(bones[0], bones[0][order[1:] - 1], atol=1e-5)
        assert np.allclose(bones[0], bodies.setdefault(who, bones[0]), atol=1e-5)
    lengths = np.array(list(bodies.values()))
    assert np.ptp(lengths[:, 1]) > 0.05  # thighs differ between the bodies


def test_a_foot_in_contact_hardly_moves_and_somebody_is_nearly_always_on_the_floor(motions):
    standing = []
    for motion in motions.values():
        speed = np.linalg.norm(np.diff(motion.joints[:, [6, 3]].astype(float), axis=0), axis=-1) * FPS
        both_frames = motion.contacts[1:] & motion.contacts[:-1]
        assert speed[both_frames].max() < 0.05
        standing.append(motion.contacts.any(1))
    assert np.concatenate(standing).mean() > 0.9


def test_nothing_is_under_the_floor_and_planted_ankles_are_at_their_height(motions):
    for motion in motions.values():
        ankles = motion.joints[:, [6, 3], 2]
        assert motion.joints[..., 2].min() > 0.01
        assert np.abs(ankles[motion.contacts] - np.median(ankles[motion.contacts])).max() < 0.01


def test_accelerations_lie_in_the_range_of_recorded_people(motions):
    measured = np.concatenate([accelerations(motion.joints) for motion in motions.values()])
    above, below = (measured > CMU_HIGH).mean(0), (measured < CMU_LOW).mean(0)
    assert above.max() < 0.01
    assert below.max() < 0.06
    assert (above + below).mean() < 0.02
    assert measured.max() < 120  # no jerks: CMU's 99.9th percentile at the wrists is 111


def test_the_acceleration_figures_are_those_of_cmu(shared):
    from scipy.interpolate import CubicSpline

    index = json.loads((shared / "data" / "cmu_index.json").read_text())
    motion = np.load(shared / "data" / "cmu_h36m17.npz")
    measured = []
    for entry in index:
        if entry["duplicate_of"]:
            continue
        joints = motion[entry["key"]].astype(float)
        seconds = np.arange(len(joints)) / entry["fps"]
        resampled = CubicSpline(seconds, joints)(np.arange(0, seconds[-1], 1 / FPS))
        measured.append(accelerations(resampled))
    low, high = np.percentile(np.concatenate(measured), [1, 99], axis=0)
    assert np.allclose(low, CMU_LOW, atol=0.01)
    assert np.allclose(high, CMU_HIGH, atol=0.1)


@pytest.mark.parametrize("side", ["left", "right"])
def test_knees_bend_backwards_only_as_knees_do(motions, side):
    for motion in motions.values():
        hip, knee, ankle = (motion.joints[:, index].astype(float) for index in HIPS_KNEES_ANKLES[side])
        flexion = angle(knee - hip, ankle - knee)
        assert flexion.max() < 160
        hinge = np.sum(np.cross(knee - hip, ankle - knee) * leftward(motion.joints), axis=-1)
        assert (hinge[flexion > 8] > 0).all()  # the shin folds back about an axis to the left


@pytest.mark.parametrize("side", ["left", "right"])
def test_elbows_hips_and_trunk_keep_their_limits(motions, side):
    for motion in motions.values():
        joints = motion.joints.astype(float)
        shoulder, elbow, wrist = (joints[:, index] for index in SHOULDERS_ELBOWS_WRISTS[side])
        hip, knee, _ = (joints[:, index] for index in HIPS_KNEES_ANKLES[side])
        trunk = joints[:, 8] - joints[:, 0]
        assert angle(elbow - shoulder, wrist - elbow).max() < 150
        assert angle(knee - hip, trunk).min() > 25  # thigh against chest
        assert angle(joints[:, 7] - joints[:, 0], joints[:, 8] - joints[:, 7]).max() < 45
        assert angle(joints[:, 9] - joints[:, 8], joints[:, 10] - joints[:, 9]).max() < 60
        assert angle(trunk, np.array([0.0, 0.0, 1.0])).max() < 105


def test_sitting_kneeling_and_crouching_bring_the_hips_down(motions):
    def lowest(action: str) -> float:
        return max(np.min(motion.joints[:, 0, 2]) for (_, what), motion in motions.items() if what == action)

    assert lowest("talking") > 0.75
    assert all(lowest(action) < 0.65 for action in ("sitting_down", "crouching", "kneeling"))


def test_walking_covers_ground_and_standing_does_not(motions):
    def path(action: str) -> float:
        pelvis = motions["D2", action].joints[:, 0, :2]
        return float(np.linalg.norm(np.diff(pelvis[::10], axis=0), axis=-1).sum())

    assert path("walking") > 2.5
    assert path("stretching") < 0.6


def test_both_sides_lead():
    leaders = set()
    for subject in demo_settings().subjects:
        joints = make_motion(subject, "waving", seconds=7.0).joints
        leaders |= {
            side
            for side, (s, _, w) in SHOULDERS_ELBOWS_WRISTS.items()
            if (joints[:, w, 2] > joints[:, s, 2] + 0.1).any()
        }
    assert leaders == {"left", "right"}


def test_a_motion_is_a_function_of_its_arguments():
    first = make_motion("D3", "kicking", take=2, seconds=2.0, seed=5)
    make_motion("D1", "walking")
    again = make_motion("D3", "kicking", take=2, seconds=2.0, seed=5)
    assert np.array_equal(first.joints, again.joints)
    assert not np.allclose(first.joints, make_motion("D3", "kicking", take=1, seconds=2.0, seed=5).joints)
    assert not np.allclose(first.joints, make_motion("D3", "kicking", take=2, seconds=2.0, seed=6).joints)


def test_unknown_actions_are_told_with_the_near_names():
    with pytest.raises(InputError, match="walking"):
        make_motion("D1", "walkin")


def test_a_bad_channel_in_an_action_file_is_named(tmp_path):
    file = tmp_path / "dance.yaml"
    file.write_text("name: dance\nlabel: dances\nbeats: [{move: 1, pose: {left_ear.up: 1}}]\n")
    with pytest.raises(InputError, match=r"dance\.yaml: beats\.0.*left_ear\.up"):
        load_action(str(file))
