"""Prediction over truth: views of shards, files of true poses, films of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lifting.evaluation import EvaluationConfig, evaluate
from lifting.prediction import PredictionConfig, predict_file
from lifting.prediction.truth import Truth, errors, fit_rotation
from lifting.recipes import load_recipe
from lifting.runs import build_model, write_run
from posecap.cameras import world_to_camera
from posecap.errors import InputError
from posecap.io.bvh import write_bvh
from posecap.io.poses_to_bvh import poses_to_bvh
from posecap.shards import GenerateConfig, generate, open_shards
from posecap.skeletons import load_skeleton
from tests.fixtures.h36m_files import swinging_motion, write_h36m
from tests.fixtures.runs import TINY

KEY, CAMERA = "S9/Walking", "55011271"
GREY = (184, 184, 184)


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    recipe = load_recipe("small", TINY)
    model = build_model(recipe)
    return write_run(tmp_path_factory.mktemp("runs") / "run", recipe, model, keypoints="noisy").path


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    root = write_h36m(folder / "h36m", ("S1", "S9"), num_frames=31)
    generate(GenerateConfig("h36m", folder / "out", root, ("gt", "noisy"), encoder=None))
    return folder / "out"


@pytest.fixture(scope="module")
def keypoints(shards: Path, tmp_path_factory) -> Path:
    """The same view as a file of a detector."""
    view = open_shards(shards).read_view(KEY, "noisy", CAMERA)
    path = tmp_path_factory.mktemp("keypoints") / "in.npz"
    np.savez(path, keypoints=view.pose_2d, scores=view.confidence, width=1000, height=1000, fps=50)
    return path


def predict(run: Path, out: Path, **options):
    return predict_file(PredictionConfig(run, out=out / "out.parquet", **options))


def true_poses(shards: Path) -> np.ndarray:
    found = open_shards(shards)
    pose = world_to_camera(found.read_frames(KEY).pose_3d.astype(np.float64), found.camera(KEY, CAMERA))
    return pose - pose[:, :1]


def test_a_view_of_shards_has_the_error_that_eval_tells(run: Path, shards: Path, tmp_path: Path):
    told = evaluate(EvaluationConfig(run, shards, "noisy", baselines=False, figure=False, out=tmp_path / "r"))
    found = [
        np.nanmean(predict(run, tmp_path, features=shards, sequence=KEY, camera=str(n)).people[0].errors)
        for n in range(4)
    ]
    assert np.mean(found) == pytest.approx(told.sequences[KEY]["MPJPE"], rel=1e-4)


def test_the_table_holds_the_truth_and_each_frames_error(run: Path, shards: Path, tmp_path: Path):
    made = predict(run, tmp_path, features=shards, sequence=KEY, camera=CAMERA)
    table = pq.read_table(tmp_path / "out.parquet")
    truth = np.array(table["truth_3d"].to_pylist()).reshape(-1, 17, 3)
    np.testing.assert_allclose(truth, true_poses(shards), atol=1e-6)
    pose = np.array(table["pose_3d"].to_pylist()).reshape(-1, 17, 3)
    np.testing.assert_allclose(table["error_mm"].to_numpy(), errors(pose, truth), rtol=1e-4)
    metadata = table.schema.metadata
    assert b"focal length known" in metadata[b"root"]
    assert made.focal == pytest.approx(1148.6, abs=1)
    assert any("MPJPE" in line and "31 frames" in line for line in made.report)


def test_frames_that_do_not_count_have_no_error(run: Path, shards: Path, tmp_path: Path, monkeypatch):
    read = type(open_shards(shards)).read_frames

    def spoiled(self, *arguments):
        rows = read(self, *arguments)
        rows.valid[:4] = False
        return rows

    monkeypatch.setattr("posecap.shards.reader.Shards.read_frames", spoiled)
    predict(run, tmp_path, features=shards, sequence=KEY)
    found = pq.read_table(tmp_path / "out.parquet")["error_mm"]
    assert found.null_count == 4


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ({}, "4 sequences, name one with --sequence: S9/"),
        ({"sequence": "S9/Walkin"}, "did you mean S9/Walking"),
        ({"sequence": KEY, "camera": "4"}, "known: 0 to 3, 54138969"),
        ({"sequence": KEY, "source": "cpn"}, "unknown 2D source 'cpn'"),
    ],
)
def test_names_that_shards_do_not_have_are_told(run, shards, tmp_path, names, message):
    with pytest.raises(InputError, match=message):
        predict(run, tmp_path, features=shards, **names)
    assert not list(tmp_path.iterdir())


def test_true_poses_may_come_in_a_file(run: Path, shards: Path, keypoints: Path, tmp_path: Path):
    np.save(tmp_path / "truth.npy", true_poses(shards) + 2)
    from_file = predict(run, tmp_path, keypoints=keypoints, truth=tmp_path / "truth.npy")
    from_shards = predict(run, tmp_path, features=shards, sequence=KEY, camera=CAMERA)
    np.testing.assert_allclose(from_file.people[0].errors, from_shards.people[0].errors, rtol=1e-4)


def test_the_truth_of_an_archive_needs_the_name_of_its_motion(run, keypoints, shards, tmp_path):
    root = write_h36m(tmp_path / "h36m", ("S9",), num_frames=31)
    given = {"keypoints": keypoints, "truth": root / "data_3d_h36m.npz"}
    with pytest.raises(InputError, match="holds 2 sequences, name one"):
        predict(run, tmp_path, **given)
    made = predict(run, tmp_path, **given, sequence=KEY)
    assert "one rotation that was fitted" in " ".join(made.report)


def test_a_world_of_its_own_is_turned_once(run: Path, shards: Path, keypoints: Path, tmp_path: Path):
    joints = open_shards(shards).read_frames(KEY).pose_3d
    write_bvh(tmp_path / "truth.bvh", poses_to_bvh(joints, load_skeleton("h36m17"), 50.0))
    np.save(tmp_path / "truth.npy", joints)
    by_bvh = predict(run, tmp_path, keypoints=keypoints, truth=tmp_path / "truth.bvh")
    by_npy = predict(run, tmp_path, keypoints=keypoints, truth=tmp_path / "truth.npy", truth_frame="world")
    np.testing.assert_allclose(by_bvh.people[0].errors, by_npy.people[0].errors, atol=0.5)


def test_the_fitted_rotation_is_the_one_between_the_two():
    pose = swinging_motion(20).astype(np.float64)
    pose -= pose[:, :1]
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    truth = pose @ turn
    truth[3] = np.nan
    found = fit_rotation(pose, truth)
    np.testing.assert_allclose(np.delete(found, 3, 0), np.delete(pose, 3, 0), atol=1e-9)
    mirrored = fit_rotation(pose, pose * [-1, 1, 1])
    assert errors(pose, mirrored).mean() > 1  # a rotation never mirrors


def test_truth_of_another_rate_is_taken_at_the_same_times():
    pose = np.arange(10.0)[:, None, None] * np.ones((1, 17, 3))
    truth = Truth(pose, np.arange(10) != 7, fps=25.0)
    found = truth.at(np.arange(20) / 50, 50.0)[:, 0, 0]
    np.testing.assert_allclose(found[:12], np.arange(12) / 2)
    assert np.isnan(found[[13, 14, 15, 19]]).all()
    assert found[18] == 9


def test_a_film_shows_the_truth_behind_the_prediction(run, shards, keypoints, tmp_path):
    predict(run, tmp_path, keypoints=keypoints, movie=tmp_path / "bare.gif")
    predict(run, tmp_path, features=shards, sequence=KEY, camera=CAMERA, movie=tmp_path / "both.gif")
    grey = {}
    for name in ("bare", "both"):
        with Image.open(tmp_path / f"{name}.gif") as film:
            film.seek(2)
            pixels = np.asarray(film.convert("RGB")).astype(int)
        grey[name] = int((np.abs(pixels - GREY).max(axis=-1) < 6).sum())
    assert grey["both"] > grey["bare"] + 200


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: np.save(path, np.zeros((31, 16, 3))), "16 joints, the truth needs h36m17's 17"),
        (lambda path: np.save(path, np.full((31, 17, 3), np.nan)), "no frame at the times"),
        (lambda path: np.save(path, np.zeros((31, 17))), "expected poses"),
    ],
)
def test_a_truth_that_cannot_serve_is_told(run, keypoints, tmp_path, write, message):
    write(tmp_path / "truth.npy")
    with pytest.raises(InputError, match=message):
        predict(run, tmp_path, keypoints=keypoints, truth=tmp_path / "truth.npy")


def test_an_mp4_needs_ffmpeg_and_says_so(run, keypoints, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match=r"\.mp4 films need the program ffmpeg"):
        predict(run, tmp_path, keypoints=keypoints, movie=tmp_path / "out.mp4")
    with pytest.raises(InputError, match=r"ends in \.gif or \.mp4"):
        predict(run, tmp_path, keypoints=keypoints, movie=tmp_path / "out.mov")
