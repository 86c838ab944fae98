import json
from dataclasses import replace

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from cli.lift import app
from lifting.ablation import AblationConfig, ablate, grid_names, load_grid
from lifting.ablation.bootstrap import paired_difference
from lifting.ablation.published import published_numbers
from lifting.ablation.run import resolve_cases
from lifting.ablation.seen import TrainingLog, _term_weights, seen_in_training
from lifting.recipes import load_recipe
from lifting.training.parts import statements_about
from posecap.errors import InputError
from posecap.shards import GenerateConfig, generate
from tests.fixtures.h36m_files import write_h36m
from tests.fixtures.runs import TINY

TINY_RUN = (*TINY, "training.steps=2")


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ablation")
    root = write_h36m(folder / "h36m", ("S1", "S5", "S6", "S9"), num_frames=12)
    generate(GenerateConfig("h36m", folder / "shards", root, ("gt",), encoder=None))
    return folder / "shards"


@pytest.fixture
def grid(tmp_path):
    path = tmp_path / "grid.yaml"
    variants = {
        "plain": {},
        "steep one": {"optimizer": {"lr": 0.1}},
        "posecodes": {"alignment": {"name": "posecode", "options": {"source": "categories"}}},
    }
    path.write_text(
        yaml.safe_dump(
            {"name": "mine", "description": "d", "reference": "plain", "variants": variants}, sort_keys=False
        )
    )
    return path


@pytest.mark.parametrize("name", grid_names())
def test_every_variant_of_every_shipped_grid_is_a_valid_recipe(name):
    for changes in load_grid(name).resolve(["S1", "S5"], ["minilm"]).values():
        load_recipe("small", **changes)


def test_a_grid_is_trained_measured_and_reported(shards, grid, tmp_path):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=TINY_RUN, seeds=2, device="cpu")
    told = []
    comparison = ablate(config, note=told.append)
    assert told == [f"seed {seed}, {name}" for seed in (0, 1) for name in ("plain", "steep one", "posecodes")]
    assert (tmp_path / "out" / "steep-one" / "seed1" / "run.json").is_file()
    assert len(comparison.values["posecodes"]["MPJPE"]) == 2
    report = (tmp_path / "out" / "report.md").read_text()
    for word in (
        "steep one",
        "2 paired seeds",
        "MPJPE minus plain",
        "| R5 |",
        "z",
        "What was seen in training",
    ):
        assert word in report
    assert report.index("Published, not measured here") < report.index("MotionBERT")
    assert {path.name for path in (tmp_path / "out").glob("*.*")} == {
        "report.md",
        "report.json",
        "regions.png",
        "curves.png",
    }
    again = []
    stamp = (tmp_path / "out" / "plain" / "seed0" / "checkpoint" / "model.safetensors").stat().st_mtime_ns
    assert ablate(config, note=again.append) == comparison
    assert (
        tmp_path / "out" / "plain" / "seed0" / "checkpoint" / "model.safetensors"
    ).stat().st_mtime_ns == stamp


def test_the_command_prints_the_report(shards, grid, tmp_path):
    settings = [part for item in TINY_RUN for part in ("--set", item)]
    arguments = [
        "ablate",
        "--features",
        shards,
        "--out",
        tmp_path / "o",
        "--grid",
        grid,
        "--seeds",
        1,
        *settings,
    ]
    arguments += ["--variants", "steep one", "--device", "cpu"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("# Ablation: mine")
    assert "posecodes" not in result.stdout


def test_supervision_grids_name_the_subjects_that_are_there(shards):
    cases = resolve_cases(AblationConfig(shards, shards, "supervision", overrides=TINY_RUN))
    assert cases["captions of the others"].recipe.supervision.subjects_3d == ("S1",)
    assert cases["captions of the others"].recipe.supervision.subjects_captions == ("S5", "S6")
    assert cases["3D of all"].recipe.supervision.subjects_3d is None


def test_several_recipes_are_crossed_with_the_variants_and_compared_each_with_its_own(shards, grid, tmp_path):
    recipes, variants = ("small", "laptop"), ("steep one",)
    out, overrides = tmp_path / "out", (*TINY_RUN, "backbone.options.depth=1")
    config = AblationConfig(shards, out, str(grid), recipes, overrides, 1, None, variants, device="cpu")
    comparison = ablate(config)
    assert comparison.against == {
        "small, plain": "small, plain",
        "small, steep one": "small, plain",
        "laptop, plain": "laptop, plain",
        "laptop, steep one": "laptop, plain",
    }
    for recipe in recipes:
        plain, steep = (comparison.values[f"{recipe}, {name}"]["MPJPE"][0] for name in ("plain", "steep one"))
        found = comparison.differences[f"{recipe}, steep one"]["MPJPE"].mean
        assert found == pytest.approx(steep - plain)
    assert (out / "laptop-steep-one" / "seed0" / "run.json").is_file()
    report = (out / "report.md").read_text()
    assert "MPJPE minus plain" in report
    assert "Recipe small, laptop" in report


def test_what_cannot_be_run_is_told_before_anything_is_trained(shards, grid, tmp_path):
    config = AblationConfig(shards, tmp_path / "out", "encoders")
    with pytest.raises(InputError, match="no text features"):
        ablate(config)
    with pytest.raises(InputError, match="no variant 'x' in this grid: plain, steep one"):
        ablate(AblationConfig(shards, tmp_path / "out", str(grid), variants=("x",)))
    with pytest.raises(InputError, match="unknown grid 'block': did you mean blocks"):
        ablate(AblationConfig(shards, tmp_path / "out", "block"))
    assert not (tmp_path / "out").exists()


def test_another_recipe_does_not_reuse_old_results(shards, grid, tmp_path):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=TINY_RUN, seeds=1, device="cpu")
    ablate(config)
    other = AblationConfig(
        shards,
        tmp_path / "out",
        str(grid),
        overrides=(*TINY_RUN, "optimizer.weight_decay=0.3"),
        seeds=1,
        device="cpu",
    )
    with pytest.raises(InputError, match="another recipe"):
        ablate(other)


def test_a_constant_difference_has_a_narrow_interval_and_noise_a_wide_one():
    random = np.random.default_rng(0)
    reference = random.normal(80, 10, (3, 20))
    frames = random.integers(50, 200, 20).astype(float)
    sure = paired_difference(reference - 2, reference, frames)
    assert (sure.mean, sure.low, sure.high) == pytest.approx((-2, -2, -2))
    unsure = paired_difference(reference + random.normal(0, 10, (3, 20)), reference, frames)
    assert unsure.low < unsure.mean < unsure.high
    assert unsure.high - unsure.low > 3


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    covered = 0
    for trial in range(100):
        random = np.random.default_rng(trial)
        by_sequence = random.normal(1, 3, 25)
        difference = by_sequence + random.normal(0, 1, (5, 25))
        found = paired_difference(difference, np.zeros((5, 25)), np.ones(25), trial)
        covered += found.low <= 1 <= found.high
    assert 85 <= covered <= 100


def test_statements_about_a_part_are_those_that_name_it():
    roles = [
        ("left_hand", "torso"),
        ("right_knee",),
        ("both_hands",),
        ("both_feet",),
        ("head",),
        ("left_shin",),
    ]
    assert statements_about(["left_arm"], roles).tolist() == [True, False, True, False, False, False]
    assert statements_about(["left_leg"], roles).tolist() == [False, False, False, True, False, True]
    assert statements_about(["head", "right_leg"], roles).tolist() == [False, True, False, True, True, False]
    with pytest.raises(InputError, match="unknown part of the body 'tail'"):
        statements_about(["tail"], roles)


def test_shards_say_which_roles_a_sentence_speaks_of(shards):
    from lifting.recipes import AlignmentChoice
    from lifting.training.text import _hidden
    from posecap.shards import open_shards

    hidden = _hidden(open_shards(shards), AlignmentChoice(without_parts=("left_arm",)))
    sentences = open_shards(shards).sentences()["sentence"].to_pylist()
    named = np.array(["left hand" in text or "left elbow" in text for text in sentences])
    assert hidden[named].all()
    assert 0 < hidden.sum() < len(hidden)


def test_report_json_can_be_read_by_others(shards, grid, tmp_path):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=TINY_RUN, seeds=1, device="cpu")
    ablate(config)
    data = json.loads((tmp_path / "out" / "report.json").read_text())
    assert data["against"]["posecodes"] == "plain"
    assert set(data["differences"]["posecodes"]["MPJPE"]) == {"mean", "low", "high"}


def log_of(recipe, rows):
    return TrainingLog(recipe, rows, {"kl": 0.5, "err2": 0.1})


def test_training_is_told_in_three_parts_without_the_weights():
    recipe = load_recipe("small", ["loss.name=mpjpe", "training.batch=10"], alignment={"name": "cm"})
    rows = [{"step": 0, "gradient/err1": 2.0, "gradient/kl": 1.0, "features_between_frames": 0.25}]
    for step, error in ((100, 0.3), (500, 0.2), (990, 0.1), (1000, 0.1)):
        rows.append({"step": step, "err1": error, "kl": 0.05, "err2": 0.02, "clips_per_second": 100.0})
    rows.append({"step": 1000, "gradient/err1": 4.0, "gradient/kl": 0.1, "features_between_frames": 0.5})
    first, middle, end = seen_in_training({"text": [log_of(recipe, rows), log_of(recipe, rows)]})
    assert [row["when"] for row in (first, middle, end)] == ["first 100 steps", "middle", "end"]
    assert [row["lifter's loss"] for row in (first, middle, end)] == ["300.0 mm", "200.0 mm", "100.0 mm"]
    assert (first["step ms"], first["terms"]) == ("100", "kl 0.1000")
    assert (first["gradient shares"], end["gradient shares"]) == ("kl 50.0%", "kl 2.5%")
    assert (first["features between frames"], end["features between frames"]) == ("0.250", "0.500")


def test_published_numbers_are_known_for_human36m_and_not_made_up_for_others():
    assert all(row.source and row.mpjpe for row in published_numbers("h36m").rows)
    assert published_numbers("amass") is None
    assert published_numbers(None) is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": "tset"}, "no sequence of the split 'tset' is there"),
        ({"overrides": (*TINY_RUN, "training.validate_subject=S7")}, "unknown training subject 'S7'"),
        ({"keypoints": "cpn"}, "unknown 2D source 'cpn'"),
        ({"recipes": ()}, "needs a recipe"),
        ({"recipes": ("small", "small")}, "two variants would share the folder small-plain"),
        ({"grid": "alignments", "variants": ("cm",)}, "variant 'cm': .*no text features"),
    ],
)
def test_what_cannot_be_trained_or_measured_is_told_before_anything_is(
    shards, grid, tmp_path, changes, message
):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=TINY_RUN, device="cpu")
    with pytest.raises(InputError, match=message):
        ablate(replace(config, **changes))
    assert not (tmp_path / "out").exists()


def test_an_option_that_one_variant_cannot_have_is_told_before_the_first_is_trained(shards, tmp_path):
    variants = {
        "plain": {},
        "deep": {"backbone": {"options": {"embedding": "deep"}}},
    }
    path = tmp_path / "grid.yaml"
    path.write_text(
        yaml.safe_dump({"name": "g", "description": "d", "reference": "plain", "variants": variants})
    )
    with pytest.raises(InputError, match="variant 'deep': unknown embedding 'deep'"):
        ablate(AblationConfig(shards, tmp_path / "out", str(path), overrides=TINY_RUN, device="cpu"))
    assert not (tmp_path / "out").exists()


def test_two_names_that_differ_in_signs_only_are_refused(shards, tmp_path):
    path = tmp_path / "grid.yaml"
    variants = {"plain": {}, "lr 0-1": {}, "lr 0_1": {}}
    path.write_text(
        yaml.safe_dump({"name": "g", "description": "d", "reference": "plain", "variants": variants})
    )
    with pytest.raises(InputError, match="share the folder lr-0-1: rename 'lr 0_1'"):
        resolve_cases(AblationConfig(shards, tmp_path / "out", str(path), overrides=TINY_RUN))


@pytest.mark.parametrize("name", ["supervision", "supervision-h36m"])
def test_supervision_grids_mean_the_same_whatever_the_recipe_supervises_with(tmp_path, name):
    weak = tmp_path / "weak.yaml"
    weak.write_text("extends: small\nname: weak\nsupervision: {subjects_3d: [S6], subjects_captions: [S7]}\n")
    for changes in load_grid(name).resolve(["S1", "S5"], []).values():
        one, two = (load_recipe(base, **changes).supervision for base in ("small", str(weak)))
        assert one == two


def test_a_variant_is_not_overruled_by_an_override(shards, grid, tmp_path):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=("optimizer.lr=0.2",))
    with pytest.raises(InputError, match=r"--set optimizer.lr: another option or the variant"):
        resolve_cases(config)


def test_what_lies_in_the_folder_of_a_later_variant_is_told_before_the_first_is_trained(
    shards, grid, tmp_path
):
    config = AblationConfig(shards, tmp_path / "out", str(grid), overrides=TINY_RUN, seeds=2, device="cpu")
    later = tmp_path / "out" / "posecodes" / "seed1"
    later.mkdir(parents=True)
    (later / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="seed1: is there already and not empty"):
        ablate(config)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"posecodes"}


def test_another_split_is_measured_beside_the_first_and_named(shards, grid, tmp_path):
    config = AblationConfig(
        shards, tmp_path / "out", str(grid), overrides=TINY_RUN, seeds=1, variants=("plain",), device="cpu"
    )
    ablate(config)
    ablate(replace(config, split="train"))
    assert "split train (subjects S1, S5, S6)" in (tmp_path / "out" / "report.md").read_text()
    results = tmp_path / "out" / "plain" / "seed0" / "results"
    assert {path.name for path in results.iterdir()} == {"ablation", "ablation-train"}
    (results / "ablation" / "results.json").write_text("{}")
    with pytest.raises(InputError, match="these are no results"):
        ablate(config)


def test_terms_are_weighed_as_they_were_trained_at_the_backbones_own_width():
    odd = "backbone.options={channels: 18, depth: 1, heads: 3, mlp_ratio: 2, in_channels: 3}"
    recipe = load_recipe("small", [odd, "alignment={name: cm, options: {heads: 6, alpha: 0.25}}"])
    assert _term_weights(recipe, 17)["kl"] == 0.25
