"""Human3.6M from its other files: original poses, MotionBERT's pickle; and archives written anew."""

from __future__ import annotations

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from posecap.cameras import Camera, project, world_to_camera
from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.readers import open_dataset
from posecap.readers.h36m_archives import write_archives
from tests.fixtures.h36m_files import swinging_motion, to_32_joints, write_h36m

NUM_FRAMES = 10
MOTIONS = {
    ("S1", "TakingPhoto 1"): swinging_motion(NUM_FRAMES, 0),
    ("S11", "Walking"): swinging_motion(NUM_FRAMES, 1),
    ("S11", "Directions"): swinging_motion(NUM_FRAMES, 2),
}
KEYS = {"S1/Photo 1": ("S1", "TakingPhoto 1"), "S11/Walking": ("S11", "Walking")}


def write_cdf(root: Path) -> None:
    cdfwrite = pytest.importorskip("cdflib.cdfwrite")
    for (subject, name), motion in MOTIONS.items():
        path = root / subject / "MyPoseFeatures/D3_Positions" / f"{name}.cdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = (to_32_joints(motion) * 1000).reshape(1, NUM_FRAMES, 96)
        file = cdfwrite.CDF(str(path))
        spec = {
            "Variable": "Pose",
            "Data_Type": 44,
            "Num_Elements": 1,
            "Rec_Vary": True,
            "Dim_Sizes": [10, 96],
        }
        file.write_var(spec, var_data=values.astype(np.float32))
        file.close()


def write_h5(root: Path) -> None:
    for (subject, name), motion in MOTIONS.items():
        path = root / "h36m" / subject / "MyPoses/3D_positions" / f"{name}.h5"
        path.parent.mkdir(parents=True, exist_ok=True)
        with h5py.File(path, "w") as file:
            file["3D_positions"] = (to_32_joints(motion) * 1000).reshape(NUM_FRAMES, 96).T


@pytest.mark.parametrize("write", [write_cdf, write_h5])
def test_the_original_pose_files_give_poses_and_projected_2d(tmp_path: Path, write):
    write(tmp_path)
    data = open_dataset("h36m", tmp_path)
    assert data.keys() == list(KEYS)
    for key, name in KEYS.items():
        sequence = data.read(key)
        np.testing.assert_allclose(sequence.joints, MOTIONS[name], atol=1e-6)
        for camera in sequence.cameras:
            pixels = project(world_to_camera(MOTIONS[name].astype(np.float64), camera), camera)
            np.testing.assert_allclose(sequence.views["gt"][camera.name].pose_2d, pixels, atol=0.01)
    assert data.read("S1/Photo 1").action == "Photo"


def test_archives_written_from_a_reader_give_the_same_when_read(tmp_path: Path):
    first = open_dataset("h36m", write_h36m(tmp_path / "a", num_frames=8), ["gt", "noisy"])
    keys = first.keys()
    sequences = {key: first.read(key) for key in keys}
    views = {
        source: {key: list(sequence.views[source].values()) for key, sequence in sequences.items()}
        for source in ("gt", "noisy")
    }
    paths = write_archives(tmp_path / "b", {key: found.joints for key, found in sequences.items()}, views)
    assert [path.name for path in paths] == [
        "data_3d_h36m.npz",
        "data_2d_h36m_gt.npz",
        "data_2d_h36m_noisy.npz",
        "data_2d_h36m_noisy_conf.npz",
    ]
    again = open_dataset("h36m", tmp_path / "b", ["gt", "noisy"])
    for key, sequence in sequences.items():
        found = again.read(key)
        np.testing.assert_array_equal(found.joints, sequence.joints)
        for source in ("gt", "noisy"):
            for camera, view in sequence.views[source].items():
                np.testing.assert_array_equal(found.views[source][camera].pose_2d, view.pose_2d)
                np.testing.assert_array_equal(found.views[source][camera].confidence, view.confidence)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("S1/MyPoseFeatures/D3_Positions/Walking.cdf", "not a readable CDF file"),
        ("S1/MyPoses/3D_positions/Walking.h5", "not a readable HDF5 file"),
    ],
)
def test_damaged_original_files_are_named(tmp_path: Path, name: str, words: str):
    if name.endswith("cdf"):
        pytest.importorskip("cdflib")
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=words):
        open_dataset("h36m", tmp_path)


def test_an_unknown_kind_of_files_comes_with_the_known_ones(tmp_path: Path):
    with pytest.raises(InputError, match=r"unknown kind of files 'cdf'.*archives"):
        open_dataset("h36m", tmp_path, files="cdf")
    with pytest.raises(InputError, match="unknown protocol"):
        open_dataset("h36m", tmp_path, protocol="other")
    with pytest.raises(InputError, match="has no pose files"):
        open_dataset("h36m", tmp_path, files="source")


def image_space(motion: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """MotionBERT's joint3d_image (T, 17, 3) and 2.5d_factor (T,) of a world motion."""
    points = world_to_camera(motion.astype(np.float64), camera)
    factor = 1000 * points[:, 0, 2] / camera.focal.mean()
    depth = (points[..., 2] - points[:, :1, 2]) * 1000 / factor[:, None]
    return np.concatenate([project(points, camera), depth[..., None]], axis=-1), factor


CODES = {
    "train": [("s_01_act_14_subact_01_ca_01", "S1", 0, 3), ("s_01_act_14_subact_01_ca_02", "S1", 1, 3)],
    "test": [("s_09_act_05_subact_02_ca_01", "S9", 0, 4), ("s_09_act_10_subact_01_ca_04", "S9", 3, 4)],
}


@pytest.fixture(scope="module")
def motionbert(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("motionbert")
    content = {part: motionbert_rows(part) for part in CODES}
    (root / "h36m_sh_conf_cam_source_final.pkl").write_bytes(pickle.dumps(content, 4))
    return root


def motionbert_rows(part: str) -> dict[str, object]:
    manifest = load_dataset_manifest("h36m")
    poses, factors, names, codes = [], [], [], []
    for code, subject, camera_index, seed in CODES[part]:
        camera = manifest.subject_cameras(subject)[camera_index]
        pose, factor = image_space(swinging_motion(NUM_FRAMES, seed), camera)
        poses.append(pose)
        factors.append(factor)
        names += [camera.name] * NUM_FRAMES
        codes += [code] * NUM_FRAMES
    pose = np.concatenate(poses)
    rows: dict[str, object] = {
        "joint_2d": pose[..., :2] + 2,
        "confidence": np.full((len(pose), 17, 1), 0.7),
        "joint3d_image": pose,
        "camera_name": np.array(names),
        "source": codes,
    }
    if part == "test":
        factor = np.concatenate(factors)
        rows |= {"2.5d_factor": factor, "joints_2.5d_image": pose * factor[:, None, None], "action": codes}
    return rows


def test_motionberts_pickle_gives_one_sequence_a_video(motionbert: Path):
    data = open_dataset("h36m", motionbert, ["gt", "sh"])
    assert data.keys() == [
        "S1/Walking 1/54138969",
        "S1/Walking 1/55011271",
        "S9/Greeting 2/54138969",
        "S9/SittingDown 1/60457274",
    ]
    sequence = data.read("S9/SittingDown 1/60457274")
    assert (sequence.action, sequence.split, sequence.num_frames) == ("SittingDown", "test", NUM_FRAMES)
    assert [camera.name for camera in sequence.cameras] == ["60457274"]
    view = sequence.views["sh"]["60457274"]
    np.testing.assert_allclose(view.confidence, 0.7)
    np.testing.assert_allclose(view.pose_2d, sequence.views["gt"]["60457274"].pose_2d + 2)
    assert "2.5d_factor" in sequence.source


def test_test_poses_are_near_the_true_ones_in_the_world(motionbert: Path):
    """Near, since a pose is stored as if every joint were seen at the depth of the root."""
    data = open_dataset("h36m", motionbert)
    for key, seed in (("S9/Greeting 2/54138969", 4), ("S9/SittingDown 1/60457274", 4)):
        found, true = data.read(key).joints, swinging_motion(NUM_FRAMES, seed)
        distance = np.linalg.norm(found - true, axis=-1)
        assert distance.mean() < 0.05
        assert distance.max() < 0.15


def test_training_poses_get_the_stated_size_and_keep_their_shape(motionbert: Path):
    sequence = open_dataset("h36m", motionbert).read("S1/Walking 1/54138969")
    assert "stated bone lengths" in sequence.source
    stated = load_dataset_manifest("h36m").bone_lengths
    parents = [0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15]
    lengths = np.linalg.norm(sequence.joints[:, 1:] - sequence.joints[:, parents], axis=-1).sum(axis=1)
    np.testing.assert_allclose(lengths, sum(stated.values()), rtol=1e-4)
    true = swinging_motion(NUM_FRAMES, 3)
    relative, wanted = (motion - motion[:, :1] for motion in (sequence.joints, true))
    scale = (relative * wanted).sum() / (wanted * wanted).sum()
    assert np.linalg.norm(relative / scale - wanted, axis=-1).mean() < 0.05
    assert (sequence.joints[:, 10, 2] > sequence.joints[:, 3, 2] + 1).all()


def test_motionberts_protocol_leaves_out_its_recordings(motionbert: Path):
    keys = open_dataset("h36m", motionbert, protocol="motionbert").keys()
    assert "S9/Greeting 2/54138969" not in keys
    assert len(keys) == 3


def test_other_2d_than_the_pickle_has_is_refused(motionbert: Path):
    with pytest.raises(InputError, match=r"unknown 2D source 'cpn'.*gt, sh"):
        open_dataset("h36m", motionbert, ["cpn"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.pop("source"), "test has no 'source'"),
        (lambda rows: rows.update(joint_2d=np.zeros((3, 17, 2))), "columns of 3 and 20 rows"),
        (lambda rows: rows.update(joint3d_image=np.zeros((20, 16, 3))), r"found \(20, 16, 3\)"),
        (lambda rows: rows.update({"2.5d_factor": np.zeros(3)}), "2.5d_factor: found"),
        (lambda rows: rows.update(source=["somewhere"] * 20), "'somewhere' is not a code"),
        (lambda rows: rows.update(camera_name=["cam"] * 20), "camera cam is not one"),
        (lambda rows: rows.update(source=Path("x")), "holds a .*Path"),
    ],
)
def test_bad_pickles_are_named(tmp_path: Path, change, words: str):
    rows = motionbert_rows("test")
    change(rows)
    path = tmp_path / "h36m_sh_conf_cam_source_final.pkl"
    path.write_bytes(pickle.dumps({"test": rows}))
    with pytest.raises(InputError, match=words) as caught:
        read_all(tmp_path)
    assert path.name in str(caught.value)


def read_all(root: Path) -> None:
    data = open_dataset("h36m", root)
    keys = data.keys()
    for key in keys:
        data.read(key)
