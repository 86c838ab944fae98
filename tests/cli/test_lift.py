import json
import os
import shutil
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

import posecap
from cli.lift import app
from lifting.recipes import load_recipe
from posecap.shards import GenerateConfig, generate
from tests.fixtures.h36m_files import write_h36m
from tests.fixtures.runs import TINY


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lift")
    root = write_h36m(folder / "h36m", ("S1", "S5", "S9"), num_frames=30)
    generate(GenerateConfig("h36m", folder / "shards", root, ("gt", "noisy"), encoder=None))
    return folder / "shards"


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.yaml"
    path.write_text(yaml.safe_dump(load_recipe("small", TINY).model_dump(mode="json")))
    return path


@pytest.fixture(scope="module")
def trained(shards, recipe, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    result = lift("train", "--features", shards, "--recipe", recipe, "--keypoints", "noisy", "--out", out)
    assert result.exit_code == 0, result.stderr
    return out


def lift(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_run_folder_is_all_that_eval_needs(trained):
    result = lift("eval", trained, "--format", "json", "--quiet", "--no-figure")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["protocol"]["keypoints"] == "noisy"
    assert [row["method"] for row in found["rows"]] == ["mean pose", "linear", "lifter"]
    assert sum(found["frames"].values()) == 2 * 4 * 30


def test_eval_prints_actions_and_means(trained):
    result = lift("eval", trained, "--keypoints", "gt", "--no-baselines", "--no-figure")
    assert result.exit_code == 0, result.stderr
    for word in ("Walking", "Sitting", "mean of actions", "all frames", "lifter P-MPJPE"):
        assert word in result.stdout
    assert (trained / "results" / "test-gt" / "results.json").is_file()


def test_the_resolved_recipe_is_in_the_run_folder(trained):
    info = json.loads((trained / "run.json").read_text())
    assert info["recipe"]["backbone"]["options"]["channels"] == 16
    assert info["train_subjects"] == ["S1", "S5"]
    assert len(info["features_sha256"]) == 64


def test_new_keypoints_are_lifted(trained, tmp_path):
    points = np.random.default_rng(0).uniform(0, 1000, (23, 17, 2))
    np.savez(tmp_path / "in.npz", keypoints=points, width=1000, height=1002)
    out = tmp_path / "out.parquet"
    result = lift("predict", trained, "--keypoints", tmp_path / "in.npz", "--out", out, "--json")
    assert result.exit_code == 0, result.stderr
    table = pq.read_table(out)
    assert table["frame"].to_pylist() == list(range(23))
    assert len(table["pose_3d"][0].as_py()) == 51
    told = json.loads(result.stdout)
    assert (told["files"], told["people"], told["frames"]) == ([str(out)], 1, 23)
    assert any("focal length" in line for line in told["report"])


def test_a_view_of_shards_is_lifted_and_measured(trained, shards, tmp_path):
    view = ("--features", shards, "--sequence", "S9/Walking", "--camera", 1, "--keypoints", "gt")
    result = lift("predict", trained, *view, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 0, result.stderr
    assert "S9/Walking, camera 55011271, gt: 30 frames" in result.stderr
    assert "MPJPE" in result.stderr
    assert "frame rate" not in result.stderr  # the run says at which it was trained
    assert "error_mm" in pq.read_table(tmp_path / "out.parquet").column_names


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--features", "S"), 2, "at least one file to write"),
        (("--keypoints", "a.npz", "--out", "o.parquet", "--camera", "1"), 2, "--camera goes with --features"),
        (("--features", "S", "--size", "9x9", "--out", "o.parquet"), 2, "--size goes with --keypoints"),
        (("--features", "S", "--format", "coco", "--out", "o.parquet"), 2, "--format goes with --keypoints"),
        (("--keypoints", "a.npz", "--out", "o.parquet", "--truth-frame", "world"), 2, "goes with --truth"),
        (
            ("--keypoints", "a.npz", "--out", "o.parquet", "--detector", "."),
            2,
            "--detector goes with --video",
        ),
        (("--keypoints", "a.npz", "--out", "o.parquet", "--steps", "2"), 1, "--steps are for diffusion"),
        (("--features", "S", "--truth", "t.npy", "--out", "o.parquet"), 2, "--truth goes with --keypoints"),
        (("--features", "S", "--video", "v.mp4", "--out", "o.parquet"), 2, "either --video or"),
        (("--features", "no", "--out", "o.parquet"), 1, "no such shard directory"),
        (("--keypoints", "a.npz", "--out", "o.parquet", "--fps", "inf"), 1, "a frame rate of inf is none"),
        (("--keypoints", "a.npz", "--out", "o.parquet", "--rate", "inf"), 1, "inf frames a second are none"),
    ],
)
def test_bad_input_of_predict_is_told(trained, tmp_path, monkeypatch, options, code, message):
    monkeypatch.chdir(tmp_path)
    np.savez("a.npz", keypoints=np.random.default_rng(0).uniform(0, 9, (5, 17, 2)), width=9, height=9)
    result = lift("predict", trained, *options)
    assert result.exit_code == code
    assert message in " ".join(result.stderr.replace("│", " ").split())
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"poses": np.zeros((3, 17, 2))}, "not a keypoint file of a known format"),
        ({"keypoints": np.zeros((3, 16, 2))}, "16 points a person; layouts are known of 17"),
        ({"keypoints": np.full((3, 17, 2), np.nan), "width": 9, "height": 9}, "holds no detected person"),
        ({"keypoints": np.ones((3, 17, 2))}, "does not tell the image size"),
        (
            {"keypoints": np.zeros((3, 17, 2)), "confidence": np.zeros(3)},
            "expected scores (3, 17), found (3,)",
        ),
    ],
)
def test_bad_keypoints_are_told_in_one_line(trained, tmp_path, arrays, message):
    np.savez(tmp_path / "in.npz", **arrays)
    result = lift("predict", trained, "--keypoints", tmp_path / "in.npz", "--out", tmp_path / "out.parquet")
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out.parquet").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--recipe", "smal"), "unknown recipe 'smal': did you mean small"),
        (("--keypoints", "cpn"), "unknown 2D source 'cpn'"),
        ((), "holds several 2D sources, choose one with --keypoints: gt, noisy"),
        (("--keypoints", "gt", "--align", "cn"), "unknown alignment 'cn'"),
        (("--keypoints", "gt", "--align", "cm"), "holds no text features"),
        (("--keypoints", "gt", "--validate", "S7"), "unknown training subject 'S7'"),
        (("--keypoints", "gt", "--set", "optimizer.lr=fast"), "optimizer.lr"),
        (("--keypoints", "gt", "--supervise-captions", "S5"), "--supervise-captions needs --supervise-3d"),
        (("--keypoints", "gt", "--set", "alignment.options.heads=2"), "nothing is aligned with text"),
        (
            ("--keypoints", "gt", "--align", "consistency", "--set", "alignment.granularity=caption"),
            "alignment consistency reads statements",
        ),
    ],
)
def test_bad_input_of_train_is_one_line_and_leaves_nothing(shards, recipe, tmp_path, options, message):
    out = tmp_path / "run"
    given = options if "--recipe" in options else ("--recipe", recipe, *options)
    result = lift("train", "--features", shards, "--out", out, *given)
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not out.exists()


def test_a_folder_without_shards_or_run_is_told(tmp_path):
    result = lift("train", "--features", tmp_path, "--recipe", "demo", "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert str(tmp_path) in result.stderr
    assert "run.json is missing" in lift("eval", tmp_path).stderr


def test_a_command_line_that_is_bad_ends_with_2():
    assert lift("train").exit_code == 2
    assert lift("eval", "x", "--no-such-option").exit_code == 2


@pytest.mark.parametrize("command", sorted(get_command(app).commands))
def test_help_tells_what_goes_in_what_comes_out_and_an_example(command):
    told = lift(command, "--help").stdout
    assert f"Example: lift {command}" in told
    assert "In: " in told
    assert "Out: " in told


def test_the_version_is_told():
    assert lift("--version").stdout.strip() == posecap.__version__


def test_recipes_are_listed_and_shown_whole(tmp_path):
    rows = json.loads(lift("recipes", "--json").stdout)
    assert {"demo", "small", "laptop", "mixste-cm", "d3dp-cm"} <= {row["recipe"] for row in rows}
    path = tmp_path / "mine.yaml"
    path.write_text(lift("recipes", "d3dp-cm").stdout)
    assert load_recipe(str(path)) == load_recipe("d3dp-cm")
    shown = json.loads(lift("recipes", "d3dp-cm", "--json").stdout)
    assert shown == load_recipe("d3dp-cm").model_dump(mode="json")


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom cli.lift import app\n"
        "for command in ('', 'train', 'eval', 'predict', 'recipes'):\n"
        "    assert CliRunner().invoke(app, [*command.split(), '--help']).exit_code == 0\n"
        "print(sorted({'torch', 'pandas', 'transformers', 'matplotlib', 'duckdb'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("options", [(), ("--keypoints", "a.npz", "--video", "b.mp4")])
def test_predict_wants_keypoints_or_a_video(trained, tmp_path, options):
    result = lift("predict", trained, *options, "--out", tmp_path / "out.parquet")
    assert result.exit_code == 2
    assert "either --keypoints, --video or" in result.stderr


def test_without_rerun_nothing_is_lifted(trained, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rerun", None)
    np.savez(tmp_path / "in.npz", keypoints=np.ones((3, 17, 2)), width=9, height=9)
    out = ("--out", tmp_path / "out.parquet", "--rrd", tmp_path / "out.rrd")
    result = lift("predict", trained, "--keypoints", tmp_path / "in.npz", *out)
    assert result.exit_code == 1
    assert "pip install 'posecap[view]'" in result.stderr
    assert not (tmp_path / "out.parquet").exists()


def test_a_bad_image_size_is_told(trained, tmp_path):
    np.savez(tmp_path / "in.npz", keypoints=np.ones((3, 17, 2)))
    out = ("--out", tmp_path / "out.parquet", "--size", "10by10")
    result = lift("predict", trained, "--keypoints", tmp_path / "in.npz", *out)
    assert result.exit_code == 1
    assert "expected width x height in pixels" in result.stderr


def test_a_training_that_was_stopped_is_not_called_trained(shards, recipe, tmp_path, monkeypatch):
    import cli.lift_commands.train as command

    presses = iter([signal.SIGINT])
    monkeypatch.setattr(command._Bar, "hear", lambda *_: os.kill(os.getpid(), next(presses, 0)))
    arguments = ("train", "--features", shards, "--recipe", recipe, "--keypoints", "gt", "--steps", 300)
    result = lift(*arguments, "--out", tmp_path / "run")
    assert result.exit_code == 1
    assert "--resume goes on" in result.stderr
    assert "trained" not in result.stderr
    assert len([line for line in result.stderr.splitlines() if line.startswith("error:")]) == 1


def test_a_run_that_changed_shards_end_leaves_nothing(shards, recipe, tmp_path):
    changed = shutil.copytree(shards, tmp_path / "shards")
    part = changed / "frames" / "part-00000.parquet"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    result = lift(
        "train", "--features", changed, "--recipe", recipe, "--keypoints", "gt", "--out", tmp_path / "run"
    )
    assert result.exit_code == 1
    assert "changed since it was written" in result.stderr
    assert not (tmp_path / "run").exists()


def test_the_length_that_is_told_alone_decides(shards, recipe, tmp_path):
    given = ("train", "--features", shards, "--recipe", recipe, "--keypoints", "gt", "--quiet")
    for name, options, steps in (("steps", ("--steps", 7), None), ("epochs", ("--epochs", 3), 3)):
        result = lift(*given, "--out", tmp_path / name, *options)
        assert result.exit_code == 0, result.stderr
        told = json.loads((tmp_path / name / "run.json").read_text())["recipe"]["training"]
        assert told["epochs"] == steps
    both = ("--out", tmp_path / "both", "--steps", 5)
    assert lift(*given, *both, "--set", "training.epochs=1").exit_code == 0
    twice = lift(*given, *both, "--set", "training.steps=2")
    assert (twice.exit_code, "--set training.steps: another option" in twice.stderr) == (1, True)


@pytest.mark.parametrize("seed", ["-1", "99999999999999999999"])
def test_a_seed_that_is_none_is_a_bad_command_line(shards, recipe, tmp_path, seed):
    given = ("train", "--features", shards, "--recipe", recipe, "--keypoints", "gt")
    assert lift(*given, "--out", tmp_path / "run", "--seed", seed).exit_code == 2


@pytest.mark.parametrize("option", ["out=x", "path=x", "name=x", "heads=abc"])
def test_options_that_no_backbone_has_are_told_of_imported_weights(tmp_path, option):
    (tmp_path / "x.bin").write_bytes(b"")
    result = lift(
        "import-weights", tmp_path / "x.bin", "--from", "mixste", "--out", tmp_path / "r", "--option", option
    )
    assert result.exit_code == 1
    assert "backbone mixste" in result.stderr
    assert result.stderr.count("\n") == 1


def test_every_file_that_was_written_is_named_and_what_a_film_leaves_out_is_told(trained, tmp_path):
    points = np.random.default_rng(0).uniform(0, 1000, (560, 4, 17, 2))
    np.savez(tmp_path / "in.npz", keypoints=points, width=1000, height=1002, fps=25.0)
    given = ("predict", trained, "--keypoints", tmp_path / "in.npz", "--json", "--layout", "h36m17")
    result = lift(*given, "--bvh", tmp_path / "all.bvh", "--rate", 25)
    assert result.exit_code == 0, result.stderr
    files = json.loads(result.stdout)["files"]
    assert files == [str(tmp_path / f"all_{number}.bvh") for number in (1, 2, 3, 4)]
    assert all(os.path.isfile(name) for name in files)


def test_clips_that_cannot_keep_the_recipes_rate_are_told(shards, recipe, tmp_path):
    given = ("train", "--features", shards, "--recipe", recipe, "--keypoints", "gt", "--steps", 2)
    result = lift(*given, "--set", "clips.rate=30", "--out", tmp_path / "run")
    assert result.exit_code == 0, result.stderr
    assert "clips.rate 30: clips of recordings at 50 have 25 frames a second" in result.stderr


def test_an_unknown_format_is_a_bad_command_line(trained):
    assert lift("eval", trained, "--format", "xml").exit_code == 2
