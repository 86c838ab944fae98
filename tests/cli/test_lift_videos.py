import json

import pytest
from typer.testing import CliRunner

from cli.lift import app
from lifting.data.videos import content_sha256
from tests.fixtures import keypoint_files as files
from tests.fixtures.runs import TINY

CAPTIONS = "sequence,start,end,caption\nwalk,0,6,The left knee is straight.\nwalk,6,12,\n"
TOLD = ("--video-size", "1000x1002", "--video-fps", "25", "--video-up", "0,-1,0")


@pytest.fixture
def walk(tmp_path):
    return files.write_coco_results(tmp_path / "walk.json", files.tracks_of_people(12))


@pytest.fixture
def captions(tmp_path):
    path = tmp_path / "captions.csv"
    path.write_text(CAPTIONS)
    return path


def lift(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def train(gt_shards, out, *options):
    settings = [part for item in (*TINY, "training.steps=20") for part in ("--set", item)]
    start = ("train", "--features", gt_shards, "--out", out, "--recipe", "small", "--device", "cpu")
    return lift(*start, *settings, *options)


def test_a_video_without_3d_and_its_captions_train_a_lifter(gt_shards, walk, captions, tmp_path):
    options = ("--supervise-3d", "S1", "--videos", walk, *TOLD, "--captions", captions)
    result = train(gt_shards, tmp_path / "run", *options)
    assert result.exit_code == 0, result.stderr
    assert "walk: person" in result.stderr
    rows = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert rows[-1]["reprojection"] > 0
    assert rows[-1]["constraints"] > 0
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert [(one["name"], one["sha256"]) for one in info["videos"]] == [("walk", content_sha256(walk))]
    again = train(gt_shards, tmp_path / "run", *options, "--resume")
    assert again.exit_code == 0, again.stderr
    measured = lift("eval", tmp_path / "run", "--no-figure", "--quiet")
    assert measured.exit_code == 0, measured.stderr


def test_an_up_that_is_not_known_can_be_said(gt_shards, walk, captions, tmp_path):
    options = ("--videos", walk, *TOLD[:4], "--video-up", "unknown", "--captions", captions)
    result = train(gt_shards, tmp_path / "run", *options)
    assert result.exit_code == 0, result.stderr
    assert json.loads((tmp_path / "run" / "run.json").read_text())["videos"][0]["up"] is None


def test_several_videos_are_given_one_by_one(gt_shards, walk, captions, tmp_path):
    second = files.write_openpose(tmp_path / "run2", files.tracks_of_people(5))
    captions.write_text(f"{CAPTIONS}run2,0,5,\n")
    result = train(
        gt_shards, tmp_path / "run", "--videos", walk, "--videos", second, *TOLD, "--captions", captions
    )
    assert result.exit_code == 0, result.stderr
    info = json.loads((tmp_path / "run" / "run.json").read_text())
    assert info["train_subjects"] == ["S1", "S5", "walk", "run2"]
    assert info["fps"] == [50.0, 25.0]


@pytest.mark.parametrize(
    ("options", "text", "message"),
    [
        (TOLD[2:], CAPTIONS, "--video-size"),
        ((*TOLD[:2], *TOLD[4:]), CAPTIONS, "--video-fps"),
        (TOLD[:4], CAPTIONS, "--videos needs --video-up"),
        ((*TOLD, "--video-up", "up"), CAPTIONS, "--video-up up: expected three numbers"),
        ((*TOLD, "--video-layout", "cubist"), CAPTIONS, "cubist"),
        (("--video-size", "big", *TOLD[2:]), CAPTIONS, "--video-size big: expected width x height"),
        (TOLD, CAPTIONS.replace("walk", "run"), "do not mention the video 'walk'"),
        (TOLD, CAPTIONS + "S5/Walking,0,5,\n", "unknown sequence with captions 'S5/Walking'"),
        (TOLD, CAPTIONS.replace("straight", "made of wood"), "line 2: unknown canonical sentence"),
        (TOLD, CAPTIONS + "walk,8,13,\n", "captions of 'walk': it has no frames 8 to 12, but 0 to 11 of 12"),
        (TOLD, None, "--videos needs --captions"),
    ],
)
def test_videos_or_captions_that_do_not_fit_are_one_line_and_leave_nothing(
    gt_shards, walk, captions, tmp_path, options, text, message
):
    told = () if text is None else ("--captions", captions)
    captions.write_text(text or "")
    result = train(gt_shards, tmp_path / "run", "--videos", walk, *options, *told, "--quiet")
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_options_of_videos_need_videos(gt_shards, tmp_path):
    result = train(gt_shards, tmp_path / "run", "--video-up", "0,-1,0", "--quiet")
    assert (result.exit_code, "--video-up goes with --videos" in result.stderr) == (2, True)
