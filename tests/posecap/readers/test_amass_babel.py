"""AMASS and BABEL, in files written here in their layouts, with a body model of random numbers."""

from __future__ import annotations

import json

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.io.smpl import axis_angles_to_matrices, read_body_model
from posecap.readers import open_dataset
from posecap.readers.amass import read_motion
from posecap.skeletons import load_skeleton

PARENTS = load_skeleton("smplh52").parents
NUM_VERTICES = 60
# a standing body, metres, z up: SMPL's 22 joints
STANDING = {
    "pelvis": (0, 0, 0.95), "left_hip": (0.07, 0, 0.87), "right_hip": (-0.07, 0, 0.87),
    "spine1": (0, 0, 1.05), "left_knee": (0.1, 0, 0.48), "right_knee": (-0.1, 0, 0.48),
    "spine2": (0, 0, 1.18), "left_ankle": (0.1, 0, 0.08), "right_ankle": (-0.1, 0, 0.08),
    "spine3": (0, 0, 1.25), "left_foot": (0.1, -0.12, 0.03), "right_foot": (-0.1, -0.12, 0.03),
    "neck": (0, 0, 1.45), "left_collar": (0.07, 0, 1.38), "right_collar": (-0.07, 0, 1.38),
    "head": (0, 0, 1.55), "left_shoulder": (0.18, 0, 1.4), "right_shoulder": (-0.18, 0, 1.4),
    "left_elbow": (0.3, 0, 1.17), "right_elbow": (-0.3, 0, 1.17),
    "left_wrist": (0.33, 0, 0.93), "right_wrist": (-0.33, 0, 0.93),
}  # fmt: skip


def write_model(folder, gender="male"):
    """SMPL-H as AMASS's readers know it: smplh/male/model.npz."""
    rng = np.random.default_rng(3)
    regressor = rng.random((52, NUM_VERTICES))
    weights = rng.random((NUM_VERTICES, 52))
    arrays = {
        "v_template": rng.normal(0, 0.5, (NUM_VERTICES, 3)),
        "shapedirs": rng.normal(0, 0.05, (NUM_VERTICES, 3, 16)),
        "posedirs": rng.normal(0, 0.01, (NUM_VERTICES, 3, 51 * 9)),
        "J_regressor": regressor / regressor.sum(1, keepdims=True),
        "weights": weights / weights.sum(1, keepdims=True),
        "kintree_table": np.array([[2**32 - 1, *PARENTS[1:]], range(52)], dtype=np.uint32),
    }
    (folder / "smplh" / gender).mkdir(parents=True)
    np.savez(folder / "smplh" / gender / "model.npz", **arrays)
    return arrays


def write_motion(path, num_frames=12, rate=120.0, **changes):
    rng = np.random.default_rng(5)
    arrays = {
        "poses": rng.normal(0, 0.4, (num_frames, 156)),
        "trans": rng.normal(0, 1, (num_frames, 3)),
        "betas": rng.normal(0, 1, 16),
        "gender": np.array("male"),
        "mocap_framerate": np.array(rate),
        **changes,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return arrays


def write_joints(path, num_frames=120, rate=60.0):
    joints = np.array([STANDING[name] for name in load_skeleton("smpl22").joints])
    joints = joints + np.linspace(0, 1, num_frames)[:, None, None] * [0, -1, 0]
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, joints=joints.astype(np.float32), mocap_framerate=rate)
    return joints


def naive_body(model, motion, frame):
    """Joints and vertices of one frame by 4 x 4 matrices, joint by joint."""
    shaped = model["v_template"] + model["shapedirs"] @ motion["betas"]
    rest = model["J_regressor"] @ shaped
    turns = axis_angles_to_matrices(motion["poses"][frame].reshape(52, 3))
    world = []
    for joint, parent in enumerate(PARENTS):
        step = np.eye(4)
        step[:3, :3] = turns[joint]
        step[:3, 3] = rest[joint] - (rest[parent] if parent >= 0 else 0)
        world.append(world[parent] @ step if parent >= 0 else step)
    joints = np.array([matrix[:3, 3] for matrix in world]) + motion["trans"][frame]
    posed = shaped + model["posedirs"] @ (turns[1:] - np.eye(3)).reshape(-1)
    moves = []
    for joint, matrix in enumerate(world):
        back = np.eye(4)
        back[:3, 3] = -rest[joint]
        moves.append(matrix @ back)
    blended = np.einsum("vj,jab->vab", model["weights"], np.array(moves))
    homogeneous = np.concatenate([posed, np.ones((NUM_VERTICES, 1))], axis=1)
    vertices = np.einsum("vab,vb->va", blended, homogeneous)[:, :3] + motion["trans"][frame]
    return joints, vertices


def test_axis_angles_turn_as_rodrigues_says():
    quarter = axis_angles_to_matrices(np.array([[0, 0, np.pi / 2], [0, 0, 0]]))
    assert np.allclose(quarter[0] @ [1, 0, 0], [0, 1, 0])
    assert np.allclose(quarter[1], np.eye(3))


def test_joints_are_those_of_the_body_model(tmp_path):
    model = write_model(tmp_path / "models")
    motion = write_motion(tmp_path / "amass" / "CMU" / "01" / "01_01_poses.npz")
    dataset = open_dataset("amass", tmp_path / "amass", body_models=tmp_path / "models", skeleton="smplh52")
    sequence = dataset.read("CMU/01/01_01_poses")
    for frame in (0, 7):
        assert np.allclose(sequence.joints[frame], naive_body(model, motion, frame)[0], atol=1e-5)
    assert (sequence.fps, sequence.subject, sequence.split, sequence.up) == (120.0, "CMU/01", "train", "z")


def test_a_joint_regressor_takes_them_from_the_vertices(tmp_path):
    model = write_model(tmp_path / "models")
    motion = write_motion(tmp_path / "amass" / "a.npz", num_frames=40)
    regressor = np.random.default_rng(0).random((17, NUM_VERTICES))
    regressor /= regressor.sum(1, keepdims=True)
    np.save(tmp_path / "h36m.npy", regressor)
    found = read_motion(tmp_path / "amass" / "a.npz", str(tmp_path / "models"), str(tmp_path / "h36m.npy"))
    for frame in (0, 39):
        expected = regressor @ naive_body(model, motion, frame)[1]
        assert np.allclose(found.joints[frame], expected, atol=1e-5)
    assert "by joint regressor" in found.source


def test_joints_and_vertices_are_those_of_the_smplx_package(tmp_path):
    """The models' own package, where it is installed, on the same arrays."""
    lbs = pytest.importorskip("smplx.lbs").lbs
    torch = pytest.importorskip("torch")
    model = write_model(tmp_path / "models")
    motion = write_motion(tmp_path / "a.npz", num_frames=3)
    arrays = {name: torch.from_numpy(np.asarray(model[name], dtype=np.float64)) for name in model}
    bends = arrays["posedirs"].reshape(-1, 51 * 9).T
    vertices, joints = lbs(
        torch.from_numpy(motion["betas"]).expand(3, -1),
        torch.from_numpy(motion["poses"]),
        arrays["v_template"],
        arrays["shapedirs"],
        bends,
        arrays["J_regressor"],
        torch.tensor(PARENTS),
        arrays["weights"],
    )
    body = read_body_model(tmp_path / "models" / "smplh" / "male" / "model.npz")
    told = motion["poses"], motion["trans"], motion["betas"]
    assert np.allclose(body.joints(*told) - motion["trans"][:, None], joints.numpy(), atol=1e-6)
    found = body.regressed(np.eye(NUM_VERTICES), *told) - motion["trans"][:, None]
    assert np.allclose(found, vertices.numpy(), atol=1e-6)


def test_body_models_that_are_pickles_are_named(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "SMPLH_MALE.pkl").write_bytes(b"")
    write_motion(tmp_path / "a.npz")
    with pytest.raises(InputError, match=r"as .npz; SMPLH_MALE\.pkl is there, but .pkl files hold code"):
        read_motion(tmp_path / "a.npz", str(tmp_path / "models"))


def test_joints_that_a_file_gives_need_no_body_model(tmp_path):
    joints = write_joints(tmp_path / "SFU" / "0005" / "walk_poses.npz")
    dataset = open_dataset("amass", tmp_path, skeleton="smpl22", fps=30, cameras=2, projection="orthographic")
    sequence = dataset.read("SFU/0005/walk_poses")
    assert np.allclose(sequence.joints, joints[::2], atol=1e-6)
    assert (sequence.fps, sequence.split, sequence.num_frames) == (30.0, "val", 60)
    assert dataset.num_frames(sequence.key) == 60
    assert set(sequence.views["gt"]) == {"front", "left"}
    mapped = open_dataset("amass", tmp_path).read("SFU/0005/walk_poses")
    assert mapped.joints.shape == (120, 17, 3)
    assert np.allclose(mapped.joints[:, 13], joints[:, 20], atol=1e-6)


def test_files_of_shapes_are_no_sequences(tmp_path):
    write_joints(tmp_path / "KIT" / "3" / "turn_poses.npz")
    np.savez(tmp_path / "KIT" / "3" / "shape.npz", betas=np.zeros(16))
    np.savez(tmp_path / "KIT" / "3" / "male_stagei.npz", betas=np.zeros(16))
    assert open_dataset("amass", tmp_path).keys() == ["KIT/3/turn_poses"]


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({}, {}, "body_models=FOLDER.*'joints'"),
        ({"gender": np.array("female")}, {"models": True}, "no body model for smplh, female.*model.npz"),
        ({"poses": np.zeros((12, 99))}, {"models": True}, r"poses \(12, 99\)"),
        ({"trans": None}, {"models": True}, "neither 'joints' nor 'trans'"),
        ({"mocap_framerate": None}, {"models": True}, "no frame rate"),
        ({}, {"models": True, "skeleton": "coco17"}, "h36m17, smpl22, smplh52"),
        ({"trans": np.full((12, 3), np.nan)}, {"models": True}, "a: no frame has finite joints"),
    ],
)
def test_bad_files_and_options_are_told(changes, options, message, tmp_path):
    write_model(tmp_path / "models")
    write_motion(tmp_path / "amass" / "a.npz", **changes)
    if options.pop("models", False):
        options["body_models"] = tmp_path / "models"
    with pytest.raises(InputError, match=message):
        open_dataset("amass", tmp_path / "amass", **options).read("a")


def test_a_body_model_without_its_arrays_is_told(tmp_path):
    np.savez(tmp_path / "model.npz", v_template=np.zeros((3, 3)))
    with pytest.raises(InputError, match=r"model\.npz.*shapedirs"):
        read_body_model(tmp_path / "model.npz")


def write_babel(folder):
    folder.mkdir()
    span = [
        {"proc_label": "walk", "raw_label": "walking", "start_t": 0, "end_t": 1.0, "act_cat": ["walk"]},
        {"proc_label": "transition", "raw_label": "transition", "start_t": 0.9, "end_t": 1.2},
        {"proc_label": None, "raw_label": "wave arms", "start_t": 1.1, "end_t": 9.0},
        {"proc_label": "nothing", "raw_label": "x", "start_t": 7.0, "end_t": 8.0},
    ]
    entry = {
        "babel_sid": 7,
        "feat_p": "SFU/SFU/0005/walk_poses.npz",
        "dur": 2.0,
        "seq_ann": {"labels": [{"proc_label": "walk forward", "raw_label": "walks"}]},
        "frame_ann": {"labels": span},
    }
    (folder / "val.json").write_text(
        json.dumps({"7": entry, "8": {**entry, "feat_p": "KIT/KIT/3/gone_poses.npz"}})
    )
    extra = {
        "feat_p": entry["feat_p"],
        "seq_anns": [{"labels": [{"raw_label": "strolls"}]}],
        "frame_anns": None,
    }
    (folder / "extra_val.json").write_text(json.dumps({"7": extra}))


def test_babel_labels_may_overlap_and_are_cut_at_the_end(tmp_path):
    write_joints(tmp_path / "amass" / "SFU" / "0005" / "walk_poses.npz")
    write_joints(tmp_path / "amass" / "SFU" / "0005" / "other_poses.npz")
    write_babel(tmp_path / "babel")
    dataset = open_dataset("babel", tmp_path / "amass", babel=tmp_path / "babel")
    assert dataset.keys() == ["SFU/0005/walk_poses"]
    sequence = dataset.read("SFU/0005/walk_poses")
    assert sequence.split == "val"
    found = {(label.text, label.start, label.end, label.level) for label in sequence.labels}
    assert found == {
        ("walk forward", 0, 120, "sequence"),
        ("strolls", 0, 120, "sequence"),
        ("walk", 0, 60, "frame"),
        ("transition", 54, 72, "frame"),
        ("wave arms", 66, 120, "frame"),
    }


def test_amass_with_babel_keeps_sequences_that_have_no_labels(tmp_path):
    write_joints(tmp_path / "amass" / "SFU" / "0005" / "walk_poses.npz")
    write_joints(tmp_path / "amass" / "SFU" / "0005" / "other_poses.npz")
    write_babel(tmp_path / "babel")
    dataset = open_dataset("amass", tmp_path / "amass", babel=tmp_path / "babel" / "val.json", fps=30)
    assert len(dataset.keys()) == 2
    assert dataset.read("SFU/0005/other_poses").labels == ()
    spans = {(label.text, label.start, label.end) for label in dataset.read("SFU/0005/walk_poses").labels}
    assert ("transition", 27, 36) in spans


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "not a BABEL file"),
        ("{", "not valid JSON"),
        ('{"1": {"dur": 2}}', "feat_p"),
        (None, "no BABEL annotations"),
    ],
)
def test_bad_babel_files_are_told(content, message, tmp_path):
    write_joints(tmp_path / "amass" / "a.npz")
    (tmp_path / "babel").mkdir()
    if content is not None:
        (tmp_path / "babel" / "train.json").write_text(content)
    with pytest.raises(InputError, match=message):
        open_dataset("babel", tmp_path / "amass", babel=tmp_path / "babel")


def test_labels_that_are_not_understood_are_told_with_their_sequence(tmp_path):
    write_joints(tmp_path / "amass" / "SFU" / "0005" / "walk_poses.npz")
    write_babel(tmp_path / "babel")
    for path in (tmp_path / "babel").iterdir():
        path.write_text(path.read_text().replace('"end_t": 1.2', '"end_t": "later"'))
    with pytest.raises(InputError, match="SFU/0005/walk_poses: BABEL's labels of it are not understood"):
        open_dataset("babel", tmp_path / "amass", babel=tmp_path / "babel").read("SFU/0005/walk_poses")
