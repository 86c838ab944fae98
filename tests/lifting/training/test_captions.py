import dataclasses

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lifting.data import Clips, MemorySource, Windows
from lifting.recipes import SupervisionChoice, load_recipe
from lifting.training import TrainConfig, train
from lifting.training.captions import CaptionSupervision
from lifting.training.facts import TextFacts
from lifting.training.log import read_log
from lifting.training.setup import build_text_branch
from posecap.errors import InputError
from posecap.posecodes import extract
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_recipe, tiny_text

WEAK = (
    "supervision={subjects_3d: [S1], subjects_captions: [S5, S6]}",
    "training.steps=8",
)


def told_source(spoil=()):
    """Sequences with the statements that are true of them and the cameras that saw them."""
    source = make_source((20, 7, 31, 12), ("S1", "S5", "S9", "S6"))
    definitions = extract(source.load(0).world, "h36m17").definitions
    data = [
        _told(source.load(index), spoiled=info.subject in spoil) for index, info in enumerate(source.infos)
    ]
    return MemorySource(source.infos, data, source.mirror_joints, definitions.mirror_ids)


def _told(data, spoiled):
    true = extract(data.world, "h36m17").true_statements()
    ids = np.full((len(true), true.sum(1).max()), -1, np.int32)
    for row, holds in zip(ids, true, strict=True):
        row[: holds.sum()] = np.flatnonzero(holds)
    views = tuple(
        dataclasses.replace(v, intrinsics=np.array([1.0, 1, 0, 0, 0, 0, 0, 0, 0])) for v in data.views
    )
    world = np.full_like(data.world, np.nan) if spoiled else data.world
    return dataclasses.replace(data, world=world, views=views, sentence_ids=ids)


def run(out, source, *overrides):
    config = TrainConfig(out, tiny_recipe(*WEAK, *overrides), out, device="cpu")
    return train(config, source=source, text=tiny_text())


def test_the_3d_of_subjects_with_captions_only_is_never_read(tmp_path):
    one = run(tmp_path / "a", told_source())
    two = run(tmp_path / "b", told_source(spoil=("S5", "S6")))
    first, second = load_file(one.weights_file), load_file(two.weights_file)
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert one.info.train_subjects == ("S1", "S5", "S6")


def test_what_captions_say_changes_the_run(tmp_path):
    first = load_file(run(tmp_path / "a", told_source()).weights_file)
    second = load_file(run(tmp_path / "b", told_source(), "supervision.constraints=0").weights_file)
    assert any(not torch.equal(first[key], second[key]) for key in first)


@pytest.mark.parametrize("flip", [False, True])
def test_both_terms_vanish_on_the_true_pose(flip):
    clips = Clips(told_source(), Windows(5), flip=flip)
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(len(clips))).items()}
    truth = batch["pose_3d"]
    supervision = CaptionSupervision(SupervisionChoice(warmup_steps=0), TextFacts(), torch.device("cpu"))
    terms = supervision.terms(truth, {**batch, "labelled": torch.zeros(len(truth))}, 0)
    assert terms["constraints"] == 0
    assert terms["reprojection"] < 1e-4
    wrong = supervision.terms(truth.flip(-2), {**batch, "labelled": torch.zeros(len(truth))}, 0)
    assert wrong["constraints"] > 0.01
    assert wrong["reprojection"] > 0.01


def test_labelled_clips_are_left_to_their_labels():
    clips = Clips(told_source(), Windows(5))
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(4)).items()}
    supervision = CaptionSupervision(SupervisionChoice(warmup_steps=0), TextFacts(), torch.device("cpu"))
    terms = supervision.terms(batch["pose_3d"].flip(-2), batch, 0)
    assert all(value == 0 for value in terms.values())


def test_both_weights_rise_over_the_warm_up():
    clips = Clips(told_source(), Windows(5), unlabelled=["S1"])
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(4)).items()}
    supervision = CaptionSupervision(SupervisionChoice(warmup_steps=4), TextFacts(), torch.device("cpu"))
    pose = torch.from_numpy(np.random.default_rng(0).normal(size=batch["pose_3d"].shape)).float()
    values = [supervision.terms(pose, batch, step)["constraints"].item() for step in (0, 1, 3, 9)]
    assert values == pytest.approx([values[3] / 4, values[3] / 2, values[3], values[3]])


def test_all_terms_are_logged(tmp_path):
    row = read_log(run(tmp_path / "a", told_source()).path)[-1]
    assert {"err1", "reprojection", "constraints"} <= row.keys()


def test_diffusion_cannot_learn_from_captions_alone(tmp_path):
    diffusion = "backbone={name: d3dp, options: {channels: 16, depth: 1, heads: 2}}"
    with pytest.raises(InputError, match="not a diffusion model"):
        run(tmp_path / "a", told_source(), diffusion)
    assert not (tmp_path / "a").exists()


def test_bodies_without_3d_are_held_to_the_lengths_of_those_with_3d():
    clips = Clips(told_source(), Windows(5), unlabelled=["S5"])
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(len(clips))).items()}
    supervision = CaptionSupervision(
        SupervisionChoice(warmup_steps=0, bones=1.0), TextFacts(), torch.device("cpu")
    )
    whole = Clips(told_source(), Windows(5)).batch(np.arange(len(clips)))["pose_3d"]
    truth = torch.from_numpy(whole)
    assert supervision.terms(truth, batch, 0)["bones"] == 0  # the same body
    assert supervision.terms(truth * 1.3, batch, 0)["bones"] > 0.01
    assert supervision.terms(truth * 1.3, {**batch, "labelled": torch.zeros(len(truth))}, 0)["bones"] == 0


def test_a_control_of_an_alignment_reads_statements_as_that_alignment_does():
    text = tiny_text()
    text.facts = TextFacts(frame="camera", noise=True)
    control = {"name": "shuffled", "options": {"of": "consistency"}}
    recipes = (
        load_recipe("small", alignment={"name": "consistency"}),
        load_recipe("small", alignment=control),
    )
    own, shuffled = (build_text_branch(recipe, 16, 17, text, torch.device("cpu")) for recipe in recipes)
    assert own.constraints.values.frame == shuffled.inner.constraints.values.frame == "camera"


def test_definitions_that_are_not_those_of_the_shards_are_refused():
    text = tiny_text()
    text.facts = TextFacts(sha256="0" * 64)
    with pytest.raises(InputError, match="are not those of the shards"):
        build_text_branch(
            load_recipe("small", alignment={"name": "posecode"}), 16, 17, text, torch.device("cpu")
        )


def test_gradients_of_a_warm_up_are_measured_alike_in_a_resumed_run(tmp_path, monkeypatch):
    monkeypatch.setattr("lifting.training.fit.DIAGNOSE_EVERY", 4)
    settings = ("supervision.warmup_steps=50", "training.checkpoint_every=4")

    def cut_off(report):
        if report.step > 4:
            raise RuntimeError

    whole = run(tmp_path / "whole", told_source(), *settings)
    config = TrainConfig(tmp_path / "cut", tiny_recipe(*WEAK, *settings), tmp_path / "cut", device="cpu")
    with pytest.raises(RuntimeError):
        train(config, cut_off, told_source(), tiny_text())
    resumed = train(dataclasses.replace(config, resume=True), None, told_source(), tiny_text())
    first, second = (
        [row for row in read_log(one.path) if "gradient/err1" in row] for one in (whole, resumed)
    )
    assert first == second
    assert [row["step"] for row in first] == [0, 4]


def test_statements_of_parts_that_are_withheld_do_not_supervise(tmp_path):
    """What `alignment.without_parts` hides from the alignment is hidden from the constraints too."""
    source, recipe = told_source(), tiny_recipe(*WEAK, "supervision.constraints=100")
    rows = []
    for name, hidden in (("all", None), ("none", torch.ones(1000, dtype=torch.bool))):
        text = tiny_text()
        text._hidden = hidden
        config = TrainConfig(tmp_path / name, recipe, tmp_path / name, device="cpu")
        rows.append(read_log(train(config, source=source, text=text).path)[-1]["constraints"])
    assert rows[0] > 0
    assert rows[1] == 0


def test_statements_are_forgiven_what_the_recipe_says_or_what_the_captioner_added():
    def tolerances(slack, noise):
        supervision = CaptionSupervision(
            SupervisionChoice(slack=slack), TextFacts(noise=noise), torch.device("cpu")
        )
        return supervision.constraints.intervals.tolerances

    assert torch.equal(tolerances(None, noise=False), tolerances(0, noise=True))
    assert torch.equal(tolerances(None, noise=True), tolerances(1, noise=False))
    assert (tolerances(2, noise=False) >= tolerances(1, noise=False)).all()
    assert (tolerances(2, noise=False) > tolerances(1, noise=False)).any()
