import json
import os
import shutil
import signal
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from lifting.evaluation import EvaluationConfig, evaluate
from lifting.runs import open_run
from lifting.training.fit import Gathered
from lifting.training.log import read_log
from lifting.training.setup import validation_subject
from posecap.errors import InputError
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_recipe, tiny_run


def weights(run):
    return load_file(run.path / "checkpoint" / "training.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("alignment", ["none", "cm"])
def test_two_runs_with_one_seed_agree_bit_for_bit(tmp_path, alignment):
    override = f"alignment.name={alignment}"
    one, two = (tiny_run(tmp_path / name, override) for name in "ab")
    assert same(weights(one), weights(two))
    assert not same(weights(one), weights(tiny_run(tmp_path / "c", override, seed=1)))


@pytest.mark.parametrize("alignment", ["none", "cm"])
@pytest.mark.parametrize("cut", [3, 7])
def test_a_run_cut_off_and_resumed_ends_bit_for_bit_like_an_undisturbed_one(tmp_path, alignment, cut):
    settings = [f"alignment.name={alignment}", "training.steps=11", "training.ema=0.9"]
    settings.append(f"training.checkpoint_every={cut}")
    whole = tiny_run(tmp_path / "whole", *settings)

    def cut_off(report):
        if report.step > cut:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        tiny_run(tmp_path / "cut", *settings, listener=cut_off)
    resumed = tiny_run(tmp_path / "cut", *settings, resume=True)
    assert same(weights(whole), weights(resumed))
    assert [row["step"] for row in read_log(resumed.path)] == [row["step"] for row in read_log(whole.path)]


def test_ctrl_c_ends_with_a_checkpoint_to_go_on_from(tmp_path):
    def press(report):
        if report.step == 10:
            os.kill(os.getpid(), signal.SIGINT)

    run = tiny_run(tmp_path / "run", "training.steps=25", listener=press)
    state = json.loads((run.path / "checkpoint" / "state.json").read_text())
    assert 10 <= state["step"] < 25
    assert not state["finished"]
    told = f"stopped at step {state['step']} of 25"
    assert open_run(run.path).stopped() == told
    results = evaluate(
        EvaluationConfig(run.path, device="cpu", baselines=False, figure=False), source=make_source()
    )
    assert results.protocol["training"] == told
    assert f"Not a whole training: {told}" in results.markdown()
    tiny_run(tmp_path / "run", "training.steps=25", resume=True)
    assert json.loads((run.path / "checkpoint" / "state.json").read_text())["step"] == 25
    assert open_run(run.path).stopped() is None
    assert same(weights(run), weights(tiny_run(tmp_path / "whole", "training.steps=25")))


def test_every_loss_term_and_its_gradient_are_logged(tmp_path):
    rows = read_log(tiny_run(tmp_path / "run", "alignment.name=cm").path)
    first, last = rows[0], rows[-1]
    assert {"gradient/err1", "gradient/kl", "gradient/err2", "features_between_frames"} <= first.keys()
    assert {"err1", "kl", "err2", "total", "learning_rate", "clips_per_second"} <= last.keys()
    assert last["total"] == pytest.approx(last["err1"] + last["kl"] + last["err2"])


def test_the_lifter_starts_alike_with_and_without_text(tmp_path):
    one, two = (
        tiny_run(tmp_path / name, f"alignment.name={name}", "optimizer.lr=1e-30", "training.steps=1")
        for name in ("none", "cm")
    )
    first, second = (load_file(run.weights_file) for run in (one, two))
    assert all(torch.allclose(first[key], second[key], rtol=0, atol=1e-9) for key in first)


def test_training_lowers_the_error(tmp_path):
    run = tiny_run(
        tmp_path / "run", "training.steps=100", "backbone.options.drop_path=0", "optimizer.lr=0.01"
    )
    errors = [row["err1"] for row in read_log(run.path) if "err1" in row]
    assert errors[-1] < 0.7 * errors[0]


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="not empty"):
        tiny_run(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_run_that_has_not_begun_yet_is_not_removed_by_another(tmp_path):
    run = tiny_run(tmp_path / "run").path
    for path in run.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
    (run / "log.jsonl").write_bytes(b"")
    with pytest.raises(InputError, match="not empty"):
        tiny_run(run)
    assert {path.name for path in run.iterdir()} == {"run.json", "log.jsonl"}


def test_a_run_is_not_resumed_with_another_recipe(tmp_path):
    tiny_run(tmp_path / "run")
    with pytest.raises(InputError, match="another recipe"):
        tiny_run(tmp_path / "run", "optimizer.lr=0.5", resume=True)


def test_a_damaged_checkpoint_is_named(tmp_path):
    run = tiny_run(tmp_path / "run")
    file = run.path / "checkpoint" / "training.safetensors"
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(InputError, match="checkpoint: this checkpoint cannot be resumed"):
        tiny_run(tmp_path / "run", resume=True)


def test_the_best_weights_on_a_held_out_training_subject_are_selected(tmp_path):
    run = tiny_run(tmp_path / "run", "training.select=val", "training.validate_every=1", "training.steps=20")
    assert run.info.train_subjects == ("S1", "S5")
    assert run.weights_file.parent.name == "selected"
    errors = [row["validation_mpjpe_mm"] for row in read_log(run.path) if "validation_mpjpe_mm" in row]
    best = json.loads((run.path / "checkpoint" / "state.json").read_text())["best"]
    assert best == pytest.approx(min(errors) / 1000)


@pytest.mark.parametrize("choice", [(), ("training.validate_every=1",)])
def test_the_last_weights_are_validated_too_and_every_epoch_where_the_best_are_wanted(tmp_path, choice):
    tiny_run(tmp_path / "probe", "training={epochs: 1, steps: null}", "training.validate_subject=S5")
    epoch = json.loads((tmp_path / "probe" / "checkpoint" / "state.json").read_text())["step"]
    recipe = ("training.select=val", "training.validate_subject=S5", f"training.steps={2 * epoch + 1}")
    run = tiny_run(tmp_path / "run", *recipe, *choice)
    found = [row["step"] for row in read_log(run.path) if "validation_mpjpe_mm" in row]
    assert found == [epoch, 2 * epoch, 2 * epoch + 1]


def test_the_frame_rates_of_what_is_trained_on_are_in_the_run(tmp_path):
    source = make_source((20, 7, 31, 12), ("S1", "S5", "S9", "S6"))
    rates = (25.0, 50.0, 100.0, 25.0)
    source.infos = tuple(replace(info, fps=fps) for info, fps in zip(source.infos, rates, strict=True))
    assert tiny_run(tmp_path / "run", source=source).info.fps == (25.0, 50.0)


def test_test_subjects_are_never_trained_on(tmp_path):
    assert "S9" not in tiny_run(tmp_path / "run").info.train_subjects
    with pytest.raises(InputError, match="unknown training subject 'S9'"):
        tiny_run(tmp_path / "other", "training.validate_subject=S9")


def test_nothing_to_train_on_is_said(tmp_path):
    with pytest.raises(InputError, match="nothing to train on"):
        tiny_run(tmp_path / "run", source=make_source((9,), ("S9",)))


def test_averaged_weights_are_what_is_used(tmp_path):
    run = tiny_run(tmp_path / "run", "training.ema=0.5")
    used, kept = load_file(run.weights_file), weights(run)
    assert all(torch.equal(used[key], kept[f"average.{key}"]) for key in used)
    assert any(not torch.equal(used[key], kept[f"model.{key}"]) for key in used)


def test_a_run_folder_can_be_used_after_it_has_moved(tmp_path):
    tiny_run(tmp_path / "run")
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    pose = open_run(tmp_path / "elsewhere").model().predict(torch.rand(1, 5, 17, 3))
    assert pose.shape == (1, 5, 17, 3)


def test_tensorboard_logs_are_written_where_asked(tmp_path):
    pytest.importorskip("tensorboard")
    run = tiny_run(tmp_path / "run", tensorboard=True)
    assert list((run.path / "tensorboard").glob("events.*"))
    assert not (tiny_run(tmp_path / "plain").path / "tensorboard").exists()


def test_a_loss_that_is_no_longer_finite_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path):
    settings = ["training.steps=30", "training.checkpoint_every=2", "optimizer.lr=1e30"]
    settings += ["optimizer.clip_gradient=null"]
    with pytest.raises(InputError, match=r"(err1|total|gradient) is no longer finite at step"):
        tiny_run(tmp_path / "run", *settings)
    kept = tmp_path / "run" / "checkpoint"
    assert not kept.exists() or all(
        tensor.isfinite().all() for tensor in load_file(kept / "model.safetensors").values()
    )


def test_a_validation_that_fails_comes_after_the_last_checkpoint(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise InputError("no validation today")

    monkeypatch.setattr("lifting.training.run.mean_error", fail)
    with pytest.raises(InputError, match="no validation today"):
        tiny_run(tmp_path / "run", "training.validate_subject=S6")
    assert json.loads((tmp_path / "run" / "checkpoint" / "state.json").read_text())["step"] == 6


def test_every_frame_is_validated_where_training_clips_leave_some_out(tmp_path):
    run = tiny_run(tmp_path / "run", "clips.stride=9", "training.select=val")
    assert any("validation_mpjpe_mm" in row for row in read_log(run.path))


@pytest.mark.parametrize(
    ("supervision", "message"),
    [
        ("{subjects_3d: [S1], subjects_captions: [S1]}", "S1 is named both with 3D and with captions only"),
        ("{subjects_3d: [S6]}", "no subject is left to train on with 3D: of S6, S6 is held out"),
    ],
)
def test_a_training_without_any_3d_is_refused(tmp_path, supervision, message):
    with pytest.raises(InputError, match=message):
        tiny_run(tmp_path / "run", f"supervision={supervision}", "training.validate_subject=S6")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"step": "soon"}'])
def test_damaged_numbers_of_a_checkpoint_are_named(tmp_path, content):
    run = tiny_run(tmp_path / "run")
    (run.path / "checkpoint" / "state.json").write_text(content)
    with pytest.raises(InputError, match=r"state.json"):
        open_run(run.path).stopped()
    with pytest.raises(InputError, match=r"state.json"):
        tiny_run(run.path, resume=True)


def test_a_run_cut_off_before_its_first_checkpoint_has_no_row_twice_in_its_log(tmp_path):
    def cut_off(report):
        raise RuntimeError

    with pytest.raises(RuntimeError):
        tiny_run(tmp_path / "run", listener=cut_off)
    resumed = tiny_run(tmp_path / "run", resume=True)
    whole = tiny_run(tmp_path / "whole")
    assert [row["step"] for row in read_log(resumed.path)] == [row["step"] for row in read_log(whole.path)]


def test_the_subject_held_out_is_none_of_those_with_captions(tmp_path):
    weak = "supervision={subjects_3d: [S1], subjects_captions: [S6]}"
    with pytest.raises(InputError, match="S6 is named both to hold out and to train on its captions"):
        tiny_run(tmp_path / "run", weak, "training.validate_subject=S6")
    recipe = tiny_recipe(weak, "training.select=val")
    assert validation_subject(recipe, make_source((9, 9, 9), ("S1", "S5", "S6"))) == "S5"


def test_a_training_that_names_nobody_with_3d_is_refused(tmp_path):
    with pytest.raises(InputError, match="no subject is named whose 3D is used"):
        tiny_run(tmp_path / "run", "supervision={subjects_3d: [], subjects_captions: [S1]}")


def test_an_interrupted_validation_leaves_a_run_to_go_on_with(tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("lifting.training.run.mean_error", stop)
        with pytest.raises(KeyboardInterrupt):
            tiny_run(tmp_path / "run", "training.validate_subject=S6")
    assert open_run(tmp_path / "run").stopped() == "stopped at step 6 of 6"
    run = tiny_run(tmp_path / "run", "training.validate_subject=S6", resume=True)
    assert open_run(run.path).stopped() is None
    assert "validation_mpjpe_mm" in read_log(run.path)[-1]


def test_the_last_update_is_looked_at_before_it_is_saved(tmp_path):
    with pytest.raises(InputError, match="a weight is no longer finite at step 1"):
        tiny_run(tmp_path / "run", "training.steps=1", "optimizer.lr=1e39", "schedule.warmup_steps=0")
    assert not (tmp_path / "run").exists()


def test_a_loss_of_velocities_needs_two_frames(tmp_path):
    with pytest.raises(InputError, match="loss mixste compares neighbouring frames"):
        tiny_run(tmp_path / "run", "clips.frames=1", "loss.name=mixste")


@pytest.mark.parametrize("line", [b"null\n", b"[3]\n", b"\xff\xfe\n", b'{"err1": 1}\n'])
def test_a_spoilt_line_ends_a_log(tmp_path, line):
    run = tiny_run(tmp_path / "run")
    log = run.path / "log.jsonl"
    rows = log.read_bytes()
    log.write_bytes(rows + line + rows)
    assert len(read_log(run.path)) == len(rows.splitlines())


def test_errors_against_labels_are_means_over_steps_that_have_labels():
    gathered = Gathered()
    for error, labelled in ((0.2, True), (0.0, False), (0.4, True)):
        gathered.add({"err1": torch.tensor(error), "bones": torch.tensor(0.3)}, 4, labelled)
    means, _ = gathered.take()
    assert means == pytest.approx({"err1": 0.3, "bones": 0.3})
