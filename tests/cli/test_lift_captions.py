import json

import pytest
from typer.testing import CliRunner

from cli.lift import app
from posecap.captions import bank
from posecap.posecodes.definitions import load_definitions
from posecap.shards import open_shards
from tests.fixtures.runs import TINY

WEAK = ("--supervise-3d", "S1", "--supervise-captions", "S5")


def train(gt_shards, out, *options):
    settings = [part for item in (*TINY, "training.steps=3") for part in ("--set", item)]
    arguments = [
        "train",
        "--features",
        gt_shards,
        "--out",
        out,
        "--recipe",
        "small",
        *settings,
        *options,
    ]
    return CliRunner().invoke(app, [str(argument) for argument in [*arguments, "--device", "cpu", "--quiet"]])


def write(path, gt_shards, told):
    """A row a frame of S5 with the sentences `told` gives for its statement ids."""
    source, text = open_shards(gt_shards), [one.text for one in bank(load_definitions("h36m17"))]
    rows = ["sequence,start,end,caption"]
    for key, info in source.sequence_infos.items():
        if info.subject == "S5":
            ids = source.read_frames(key).sentence_ids
            rows += [f'{key},{t},{t + 1},"{told([text[i] for i in ids[t]])}"' for t in range(info.num_frames)]
    path.write_text("\n".join(rows) + "\n")
    return path


def weights(out):
    return (out / "checkpoint" / "model.safetensors").read_bytes()


def test_captions_from_a_file_teach_what_the_same_statements_in_shards_teach(gt_shards, tmp_path):
    file = write(tmp_path / "all.csv", gt_shards, " ".join)
    nothing = write(tmp_path / "none.csv", gt_shards, lambda sentences: "")
    for name, options in {
        "shards": (),
        "file": ("--captions", file),
        "none": ("--captions", nothing),
    }.items():
        result = train(gt_shards, tmp_path / name, *WEAK, *options)
        assert result.exit_code == 0, result.output
    assert weights(tmp_path / "file") == weights(tmp_path / "shards") != weights(tmp_path / "none")
    assert json.loads((tmp_path / "file" / "run.json").read_text())["captions_sha256"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sequence,start,end\n", "has no column 'caption'"),
        ("sequence,start,end,caption\nS5/Walking,0,x,\n", "line 2: start and end must be frame numbers"),
        ("sequence,start,end,caption\nS5/Walking,5,5,\n", "line 2: expected 0 <= start < end"),
        ("sequence,start,end,caption\nS5/Walking,0,5,The tail wags.\n", "line 2: unknown canonical sentence"),
        ("sequence,start,end,caption\nS1/Walking,0,5,\n", "unknown sequence with captions 'S1/Walking'"),
        ("sequence,start,end,caption\n", "holds no captions"),
        ("sequence,start,end,caption\nS5/Walking,0,5,One, two.\n", "line 2: expected 4 values"),
        ("sequence,start,end,caption\nS5/Walking,0,5\n", "line 2: expected 4 values"),
        ("sequence,start,end,caption\nS5/Walking,3,13,\n", "it has no frames 3 to 12, but 0 to 11"),
    ],
)
def test_a_bad_caption_file_is_one_line_and_leaves_nothing(gt_shards, tmp_path, text, message):
    (tmp_path / "captions.csv").write_text(text)
    result = train(gt_shards, tmp_path / "run", *WEAK, "--captions", tmp_path / "captions.csv")
    assert result.exit_code == 1, result.output
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


def test_captions_need_to_know_whose_they_are(gt_shards, tmp_path):
    result = train(gt_shards, tmp_path / "run", "--captions", tmp_path / "captions.csv")
    assert "--captions needs --supervise-captions" in result.stderr


def test_a_recipe_may_name_whose_captions_are_written(gt_shards, tmp_path):
    file = write(tmp_path / "all.csv", gt_shards, " ".join)
    named = "supervision={subjects_3d: [S1], subjects_captions: [S5]}"
    for name, options in {"told": WEAK, "in the recipe": ("--set", named)}.items():
        result = train(gt_shards, tmp_path / name, "--captions", file, *options)
        assert result.exit_code == 0, result.output
    assert weights(tmp_path / "told") == weights(tmp_path / "in the recipe")


def test_an_option_changes_only_what_it_names(gt_shards, tmp_path):
    recipe = tmp_path / "weak.yaml"
    recipe.write_text(
        "extends: small\nname: weak\nsupervision: {subjects_3d: [S5], subjects_captions: [S1]}\n"
    )
    both = train(gt_shards, tmp_path / "run", "--recipe", recipe, "--supervise-3d", "S1")
    assert "subject S1 is named both with 3D and with captions only" in both.stderr
    assert train(gt_shards, tmp_path / "run", "--recipe", recipe, *WEAK).exit_code == 0
    told = json.loads((tmp_path / "run" / "run.json").read_text())["recipe"]["supervision"]
    assert (told["subjects_3d"], told["subjects_captions"]) == (["S1"], ["S5"])
