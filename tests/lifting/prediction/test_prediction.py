"""`lift predict` on the files of detectors: people, frame rates, roots, BVH, and what the file says."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from lifting.backbones import build
from lifting.prediction import PredictionConfig, predict_file
from lifting.prediction.placing import place_root, stature
from lifting.prediction.recording import write_recording
from lifting.recipes import load_recipe
from lifting.runs import build_model, write_run
from posecap.cameras import world_to_camera
from posecap.datasets import load_dataset_manifest
from posecap.errors import InputError
from posecap.io import read_poses
from posecap.io.bvh_parser import read_bvh
from posecap.skeletons import load_skeleton
from tests.fixtures import keypoint_files as files
from tests.fixtures.bvh_reader import joint_places
from tests.fixtures.h36m_files import STANDING, swinging_motion
from tests.fixtures.runs import TINY

CAMERA = load_dataset_manifest("h36m").subject_cameras("S1")[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    recipe = load_recipe("small", TINY)
    return write_run(tmp_path_factory.mktemp("runs") / "run", recipe, build_model(recipe)).path


def predict(run: Path, keypoints: Path, out: Path, **options: object) -> dict[str, np.ndarray]:
    made = predict_file(PredictionConfig(run, keypoints, out, **({"size": files.SIZE} | options)))
    table = pq.read_table(out)
    assert table.num_rows == made.num_frames
    return {name: np.array(table[name].to_pylist()) for name in table.column_names}


@pytest.mark.parametrize(
    "write",
    [
        lambda path, people: files.write_openpose(path / "in", people),
        lambda path, people: files.write_alphapose(path / "in.json", people),
        lambda path, people: files.write_rtmlib(path / "in.npz", people),
    ],
)
def test_everybody_in_a_detectors_file_is_lifted(run: Path, tmp_path: Path, write):
    path = write(tmp_path, files.tracks_of_people(20, 2))
    rows = predict(run, path, tmp_path / "out.parquet")
    assert len(set(rows["person"])) == 2
    for person in set(rows["person"]):
        own = rows["person"] == person
        assert rows["frame"][own].tolist() == list(range(20))
        assert rows["pose_3d"][own].shape == (20, 51)
        np.testing.assert_allclose(rows["pose_3d"][own][:, :3], 0, atol=1e-6)
    assert np.isfinite(rows["root"]).all()
    assert not rows["filled"].any()


def test_the_file_says_what_it_holds_and_what_was_assumed(run: Path, tmp_path: Path):
    path = files.write_openpose(tmp_path / "in", files.tracks_of_people(20, 1), without=(3,))
    predict(run, path, tmp_path / "out.parquet")
    told = {
        key.decode(): value.decode()
        for key, value in pq.read_schema(tmp_path / "out.parquet").metadata.items()
    }
    assert told["skeleton"] == "h36m17"
    assert told["up"] == "-y"
    assert "metres" in told["units"]
    assert told["run"] == str(run)
    report = " ".join(json.loads(told["report"]))
    for words in ("1 frames without a detection", "frame rate not known", "focal length not known"):
        assert words in report


def test_other_frame_rates_are_brought_to_the_runs(run: Path, tmp_path: Path):
    path = files.write_alphapose(tmp_path / "in.json", files.tracks_of_people(21, 1))
    rows = predict(run, path, tmp_path / "out.parquet", fps=25.0)
    assert rows["frame"].tolist() == list(range(41))
    np.testing.assert_allclose(rows["time"], np.arange(41) / 50)


@pytest.mark.parametrize(
    ("trained", "told", "expected", "words"),
    [
        ((), None, 50, "does not say the frame rate it was trained at, taken as 50"),
        ((30.0,), None, 30, "resampled from 25 to 30"),
        ((50.0, 25.0), None, 25, ""),
        ((50.0,), 100.0, 100, "resampled from 25 to 100"),
    ],
)
def test_a_run_is_given_frames_at_a_rate_that_it_was_trained_at(tmp_path, trained, told, expected, words):
    recipe = load_recipe("small", TINY)
    run = write_run(tmp_path / "run", recipe, build_model(recipe), fps=trained).path
    path = files.write_alphapose(tmp_path / "in.json", files.tracks_of_people(21, 1))
    made = predict_file(
        PredictionConfig(run, path, tmp_path / "o.parquet", size=files.SIZE, fps=25, rate=told)
    )
    assert made.fps == expected
    assert words in " ".join(made.report)
    assert made.num_frames == 20 * expected // 25 + 1


def test_the_focal_length_is_called_what_it_is(run: Path, tmp_path: Path):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(5, 1))
    for focal, word in ((None, b"focal length assumed"), (900.0, b"focal length known")):
        predict(run, path, tmp_path / "out.parquet", focal=focal)
        assert word in pq.read_schema(tmp_path / "out.parquet").metadata[b"root"]


def test_a_stature_is_kept(run: Path, tmp_path: Path):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(20, 1))
    rows = predict(run, path, tmp_path / "out.parquet", height=1.9)
    pose = rows["pose_3d"].reshape(-1, 17, 3)
    assert stature(pose, load_skeleton("h36m17")) == pytest.approx(1.9, rel=1e-4)


def test_public_weights_in_image_units_are_given_a_stature(tmp_path: Path):
    recipe = load_recipe(
        "dstformer",
        ["backbone.options={channels: 16, representation: 16, depth: 1, heads: 2}", "clips={frames: 5}"],
    )
    run = write_run(tmp_path / "run", recipe, build_model(recipe))
    assert not run.is_metric
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(20, 1))
    made = predict_file(PredictionConfig(run.path, path, tmp_path / "out.parquet", size=files.SIZE))
    assert stature(made.people[0].pose, load_skeleton("h36m17")) == pytest.approx(1.7, rel=1e-4)
    assert any("scaled to a stature of 1.7 m" in line for line in made.report)


def test_the_root_is_found_from_a_true_pose_and_its_projection():
    motion = swinging_motion(15)
    joints = world_to_camera(motion.astype(np.float64), CAMERA)
    focal, center = 1145.0, np.array([500.0, 501.0])
    pixels = joints[..., :2] / joints[..., 2:] * focal + center
    root = place_root(joints - joints[:, :1], pixels, np.ones((15, 17)), focal, center)
    np.testing.assert_allclose(root, joints[:, 0], atol=1e-6)


def test_a_root_never_puts_a_joint_behind_the_camera():
    rng = np.random.default_rng(0)
    pose = rng.normal(size=(50, 17, 3))
    root = place_root(
        pose, rng.uniform(0, 1000, (50, 17, 2)), np.ones((50, 17)), 1000.0, np.array([500, 500])
    )
    assert ((pose + root[:, None])[..., 2] > 0).all()


def test_stature_is_near_that_of_a_standing_body():
    assert stature(STANDING[None], load_skeleton("h36m17")) == pytest.approx(1.75, abs=0.1)


@pytest.mark.parametrize("num_people", [1, 2])
def test_bvh_holds_the_same_joints(run: Path, tmp_path: Path, num_people: int):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(10, num_people))
    rows = predict(run, path, tmp_path / "out.parquet", bvh=tmp_path / "out.bvh")
    names = ["out.bvh"] if num_people == 1 else ["out_1.bvh", "out_2.bvh"]
    assert sorted(found.name for found in tmp_path.glob("*.bvh")) == names
    joints = rows["pose_3d"].reshape(-1, 17, 3) + rows["root"][:, None]
    bvh = read_bvh(tmp_path / names[0])
    positions, _ = bvh.positions()
    ankle = list(bvh.names).index("LeftAnkle")
    np.testing.assert_allclose(positions[:, ankle, 1] / 100, -joints[:10, 6, 1], atol=1e-3)
    _, frames = joint_places(tmp_path / names[0])
    wrists = np.array([frame["RightWrist"] for frame in frames]) / 100
    np.testing.assert_allclose(wrists, joints[:10, 16] * [1, -1, -1], atol=1e-3)


def test_the_output_can_be_captioned(run: Path, tmp_path: Path):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(10, 1))
    predict(run, path, tmp_path / "out.parquet")
    assert read_poses(tmp_path / "out.parquet").shape == (10, 17, 3)


def test_a_run_on_another_skeleton_is_refused(tmp_path: Path):
    recipe = load_recipe("small", TINY)
    model = build(recipe.backbone.name, frames=recipe.clips.frames, joints=22, **recipe.backbone.options)
    run = write_run(tmp_path / "run", recipe, model, skeleton="smpl22")
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(5, 1))
    with pytest.raises(InputError, match="lifts smpl22, keypoint files give h36m17"):
        predict_file(PredictionConfig(run.path, path, tmp_path / "out.parquet", size=files.SIZE))


def test_a_place_that_cannot_be_written_is_told(run: Path, tmp_path: Path):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(5, 1))
    with pytest.raises(InputError, match="cannot be written"):
        predict_file(PredictionConfig(run, path, tmp_path / "none" / "out.parquet", size=files.SIZE))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"out": "out.csv"}, "ends in .parquet"),
        ({"bvh": "none/out.bvh"}, "there is no folder"),
        ({"bvh": "out.fbx"}, "ends in .bvh"),
        ({"movie": "none/out.gif"}, "there is no folder"),
        ({"movie": "out.mp4"}, "need the program ffmpeg"),
    ],
)
def test_outputs_are_checked_before_any_is_written(run: Path, tmp_path: Path, monkeypatch, wrong, message):
    monkeypatch.setattr("shutil.which", lambda name: None)
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(5, 1))
    places = {name: tmp_path / place for name, place in ({"out": "out.parquet"} | wrong).items()}
    with pytest.raises(InputError, match=message):
        predict_file(PredictionConfig(run, path, size=files.SIZE, **places))
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.npz"]


def test_a_film_shows_every_fourth_frame(run: Path, tmp_path: Path):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(20, 2))
    predict(run, path, tmp_path / "out.parquet", movie=tmp_path / "out.gif")
    with Image.open(tmp_path / "out.gif") as film:
        assert film.n_frames == 5
        assert film.size[0] > film.size[1]


def read_recording(path: Path) -> dict[str, dict[str, list]]:
    """Entity -> column -> values, by Rerun's own reader."""
    reader = pytest.importorskip("rerun.chunk", reason="needs rerun-sdk with the reader RrdReader").RrdReader
    chunks = [chunk for chunk in reader(path).stream() if "time" in chunk.timeline_names]
    found: dict[str, dict[str, list]] = {}
    for chunk in chunks:
        for name, values in chunk.to_record_batch().to_pydict().items():
            found.setdefault(str(chunk.entity_path), {}).setdefault(name, []).extend(values)
    return found


def test_a_recording_holds_2d_3d_and_captions_on_one_timeline(run: Path, tmp_path: Path):
    pytest.importorskip("rerun")
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(6, 2))
    made = predict_file(PredictionConfig(run, path, size=files.SIZE))
    made = replace(made, people=(replace(made.people[0], truth=made.people[0].pose + 0.01), made.people[1]))
    write_recording(tmp_path / "out.rrd", made, [[f"frame {row}" for row in range(6)]] * 2)
    found = read_recording(tmp_path / "out.rrd")
    first, second = (f"/person_{one.person.id}" for one in made.people)
    kinds = ("pose_2d", "pose_3d", "caption")
    assert set(found) == {f"{name}/{kind}" for name in (first, second) for kind in kinds} | {
        f"{first}/truth_3d"
    }
    times = [timedelta(seconds=frame / made.fps) for frame in range(6)]
    for name, columns in found.items():
        assert columns["time"] == times, name
    assert found[f"{second}/caption"]["TextDocument:text"] == [[f"frame {row}"] for row in range(6)]
    strips = np.array(found[f"{first}/pose_3d"]["LineStrips3D:strips"])
    assert strips.shape == (6, 16, 2, 3)
    one = made.people[0]
    np.testing.assert_allclose(strips[:, 0, 0], one.root, atol=1e-5)
    pixels = np.array(found[f"{first}/pose_2d"]["LineStrips2D:strips"])
    np.testing.assert_allclose(pixels[:, 2, 1], one.person.pose_2d[:, 3], atol=1e-3)


def test_without_rerun_the_extra_is_named(run: Path, tmp_path: Path, monkeypatch):
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(5, 1))
    made = predict_file(PredictionConfig(run, path, tmp_path / "out.parquet", size=files.SIZE))
    monkeypatch.setitem(sys.modules, "rerun", None)
    with pytest.raises(InputError, match=r"pip install 'posecap\[view\]'"):
        write_recording(tmp_path / "out.rrd", made)


def test_what_a_film_leaves_out_is_told(monkeypatch, run: Path, tmp_path: Path):
    monkeypatch.setattr("lifting.prediction.movie.MAX_FRAMES", 3)
    monkeypatch.setattr("lifting.prediction.movie.MAX_PEOPLE", 1)
    path = files.write_rtmlib(tmp_path / "in.npz", files.tracks_of_people(60, 2))
    film = tmp_path / "film.gif"
    made = predict_file(PredictionConfig(run, path, size=files.SIZE, fps=25, movie=film))
    assert f"{film}: shows the first 0 seconds" in made.report
    assert f"{film}: shows 1 of 2 people" in made.report
    whole = predict_file(PredictionConfig(run, path, size=files.SIZE, fps=500, movie=film))
    assert not any("shows the first" in line for line in whole.report)
