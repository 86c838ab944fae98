import json

import numpy as np
import pytest
import torch

from lifting.data import Clips, Windows
from lifting.evaluation import EvaluationConfig, evaluate, load_results
from lifting.evaluation.evaluate import folder_name
from lifting.evaluation.figure import pick_frames
from lifting.evaluation.methods import LIFTER, _trained_on, lifter_predictor, rows_predictor
from lifting.evaluation.reporting import scored_joints
from lifting.evaluation.results import FRAMES, MEAN, Results, Row
from lifting.evaluation.scores import SCORES, view_scores
from lifting.evaluation.views import ViewResult, predict_views
from lifting.runs import RunInfo
from lifting.training.setup import training_subjects
from posecap.datasets import dataset_names, load_dataset_manifest
from posecap.errors import InputError
from posecap.skeletons import load_skeleton
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_recipe, tiny_run

SUBJECTS = ("S1", "S5", "S9", "S11")
LENGTHS = (20, 7, 31, 12)
DIFFUSION = ("backbone={name: d3dp, options: {channels: 16, depth: 1, heads: 2, timesteps: 20}}",)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tiny_run(tmp_path_factory.mktemp("runs") / "run", source=make_source(LENGTHS, SUBJECTS))


@pytest.fixture(scope="module")
def results(run):
    return evaluate(EvaluationConfig(run.path, device="cpu"), source=make_source(LENGTHS, SUBJECTS))


@pytest.mark.parametrize("windows", [Windows(5), Windows(5, 2), Windows(4, rate=12.5), Windows(40)])
def test_views_come_back_whole_and_in_order(windows):
    clips = Clips(make_source(), windows)
    truth = iter(np.concatenate([clips.batch(np.array([i]))["pose_3d"] for i in range(len(clips))]))

    def peek(pose_2d):
        return torch.from_numpy(np.stack([next(truth) for _ in pose_2d]))

    found = list(predict_views(peek, clips, batch=3))
    assert [(view.sequence, view.camera) for view in found] == [
        (clips.info(sequence).key, clips.info(sequence).cameras[camera]) for sequence, camera in clips.views()
    ]
    for view in found:
        np.testing.assert_allclose(view.prediction, view.target, atol=1e-6)


def test_every_frame_of_the_test_split_counts_once(results):
    assert results.frames == {"Sitting": 2 * 12, "Walking": 2 * 31}
    assert results.protocol["subjects"] == ["S11", "S9"]


def test_means_are_over_actions_and_over_frames(results):
    scores = results.rows[-1].scores["MPJPE"]
    assert scores[MEAN] == pytest.approx((scores["Sitting"] + scores["Walking"]) / 2)
    assert scores[FRAMES] == pytest.approx((12 * scores["Sitting"] + 31 * scores["Walking"]) / 43)


def test_mpjpe_is_the_mean_joint_distance_in_millimetres(run, results):
    source = make_source(LENGTHS, SUBJECTS)
    clips = Clips(source, Windows(5), wanted=lambda info: info.key == "S9/Walking 2")
    batch = clips.batch(np.arange(len(clips)))
    pose = run.model().predict(torch.from_numpy(batch["pose_2d"]), flip=True).numpy()
    pose[:, :, 0] = 0
    errors = np.linalg.norm(pose - batch["pose_3d"], axis=-1).mean(-1)[batch["weight"] > 0]
    assert results.value(LIFTER, over="Walking") == pytest.approx(1000 * errors.mean(), rel=1e-4)


def test_regions_and_axes_are_scored(results):
    scores = results.rows[-1].scores
    assert {"N-MPJPE", "MPJVE", "PCK@150", "R1", "R5", "x", "z"} <= scores.keys()
    assert scores["P-MPJPE"][MEAN] <= scores["MPJPE"][MEAN]


def test_baselines_stand_beside_the_lifter_and_say_what_truth_they_used(results):
    assert [row.method for row in results.rows] == ["mean pose", "linear", LIFTER]
    assert {row.ground_truth for row in results.rows} == {"none"}


def test_results_are_kept_in_the_run_folder(run, results):
    folder = run.path / "results" / "test-given"
    assert {path.name for path in folder.iterdir()} == {
        "results.json",
        "results.csv",
        "results.md",
        "frames.png",
    }
    assert load_results(folder) == results
    assert "MPJPE" in (folder / "results.md").read_text()


@pytest.mark.parametrize(("how", "start"), [("csv", "action,"), ("markdown", "# run"), ("json", "{")])
def test_tables_have_several_formats(results, how, start):
    text = results.format(how)
    assert text.startswith(start)
    if how == "json":
        assert json.loads(text)["rows"]


def test_worst_median_and_best_frame_are_found():
    errors = {("a", "1"): np.array([5.0, 1.0]), ("b", "1"): np.array([3.0, 9.0, 4.0, np.nan])}
    assert [(name, view, frame) for name, view, frame, _ in pick_frames(errors)] == [
        ("worst", ("b", "1"), 1),
        ("median", ("b", "1"), 2),
        ("best", ("a", "1"), 1),
    ]


def test_a_split_that_is_not_there_is_named(run):
    with pytest.raises(InputError, match="no sequence of the split 'exam'"):
        evaluate(
            EvaluationConfig(run.path, split="exam", device="cpu"), source=make_source(LENGTHS, SUBJECTS)
        )


def test_poses_without_truth_cannot_be_measured(run):
    blind = make_source(LENGTHS, SUBJECTS, with_3d=False)
    with pytest.raises(InputError, match="no 3D to measure against"):
        evaluate(EvaluationConfig(run.path, baselines=False, device="cpu"), source=blind)


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"not a run folder \(run.json is missing\)"):
        evaluate(EvaluationConfig(tmp_path))


def test_pck_of_3dhp_leaves_out_pelvis_spine_and_neck():
    scored = scored_joints("mpi_inf_3dhp", "h36m17")
    assert (len(scored), {0, 7, 9} & set(scored)) == (14, set())
    target = np.zeros((2, 17, 3))
    prediction = target.copy()
    prediction[:, scored[:7], 0] = 0.2
    view = ViewResult("s", "c", "S", "a", prediction, target, np.ones(2, bool), np.zeros(2, int))
    assert view_scores(view, scored)["PCK@150"].tolist() == [50, 50]
    assert view_scores(view, scored_joints("h36m", "h36m17"))["PCK@150"][0] == pytest.approx(100 * 10 / 17)


@pytest.mark.parametrize("dataset", dataset_names())
def test_what_a_manifest_reports_is_measured_and_its_joints_are_there(dataset):
    manifest = load_dataset_manifest(dataset)
    assert set(manifest.reporting.metrics) <= SCORES.keys()
    assert set(manifest.reporting.unscored) <= set(load_skeleton("h36m17").joints)


def test_the_table_of_3dhp_has_pck_and_both_means_of_its_sequences():
    def scores(first, second, weighted):
        return {"TS1": first, "TS5": second, MEAN: (first + second) / 2, FRAMES: weighted}

    values = {"PCK@150": scores(90, 70, 85), "AUC": scores(60, 40, 55), "MPJPE": scores(30, 50, 35)}
    results = Results({"dataset": "mpi_inf_3dhp"}, (Row(LIFTER, values),), {"TS1": 30, "TS5": 10}, {})
    *sequences, unweighted, weighted = results.by_action()
    assert [row["action"] for row in sequences] == ["TS1", "TS5"]
    assert (unweighted["action"], unweighted["lifter PCK@150"]) == ("mean of sequences, unweighted", 80)
    assert (weighted["action"], weighted["lifter AUC"]) == ("mean of sequences, weighted by frames", 55)
    assert unweighted["frames"] == 40


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({}, "test-given"),
        ({"flip": True}, "test-given"),
        ({"flip": False}, "test-given-no-flip"),
        ({"stride": 2}, "test-given-stride2"),
        ({"protocol": "mixste", "flip": False}, "test-given-mixste-no-flip"),
    ],
)
def test_what_differs_from_the_plain_call_has_a_folder_of_its_own(run, told, name):
    config = EvaluationConfig(run.path, **told)
    assert folder_name(config, make_source(LENGTHS, SUBJECTS), run.info) == name


def test_results_on_other_shards_have_a_folder_of_their_own(run, tmp_path):
    info = run.info.model_copy(update={"features": str(tmp_path / "own")})
    source = make_source(LENGTHS, SUBJECTS)
    source.sha256 = "0123456789abcdef"
    names = [
        folder_name(EvaluationConfig(run.path, features=tmp_path / shards), source, info)
        for shards in ("own", "others")
    ]
    assert names == ["test-given", "test-given-others-01234567"]


def test_hypotheses_and_steps_that_are_not_told_are_named_as_the_recipe_has_them(tmp_path):
    run = tiny_run(tmp_path / "run", *DIFFUSION, "evaluation={hypotheses: 5, steps: 3}")
    source = make_source()
    assert folder_name(EvaluationConfig(run.path, steps=2), source, run.info) == "test-given-H5-K2"
    assert folder_name(EvaluationConfig(run.path, hypotheses=2), source, run.info) == "test-given-H2-K3"


def test_every_metric_stands_in_the_csv(results):
    header = results.format("csv").splitlines()[0]
    assert all(f"lifter {metric}" in header.split(",") for metric in SCORES)


def test_poses_that_are_not_finite_are_not_measured():
    clips = Clips(make_source(), Windows(5))
    with pytest.raises(InputError, match="not finite"):
        list(predict_views(lambda pose_2d: pose_2d * torch.nan, clips))


def test_diffusion_predicts_the_same_twice(tmp_path):
    run, source = tiny_run(tmp_path / "run", *DIFFUSION), make_source()
    clips, config = Clips(source, Windows(5)), EvaluationConfig(run.path)
    one, two = (
        next(predict_views(lifter_predictor(run, config, source, torch.device("cpu")), clips)).prediction
        for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)


def test_more_sampling_steps_than_times_of_diffusion_are_refused(tmp_path):
    run = tiny_run(tmp_path / "run", *DIFFUSION)
    with pytest.raises(InputError, match="--steps 21: this d3dp knows 20 times"):
        evaluate(EvaluationConfig(run.path, steps=21, device="cpu"), source=make_source())


def test_every_metric_has_its_unit(results):
    assert results.units["AUC"] == results.units["PCK@150"] == "%"
    assert results.units["MPJVE"] == results.units["MPJVE in clips"] == "mm/frame"
    assert results.units["MPJPE"] == results.units["R1"] == results.units["z"] == "mm"


def test_baselines_see_the_3d_that_the_run_saw():
    source = make_source((9, 9, 9, 9), ("S1", "S5", "S6", "S9"))
    weak = "supervision={subjects_3d: [S1, S5], subjects_captions: [S6]}"
    recipe = tiny_recipe(weak, "training.validate_subject=S5")
    info = RunInfo(recipe=recipe, train_subjects=training_subjects(recipe, source))
    assert [item.subject for item in source.infos if _trained_on(info)(item)] == ["S1"]


def test_diffusion_is_predicted_as_it_is_measured(tmp_path):
    """By the mean of as many hypotheses, in as many steps, as the recipe says."""
    run = tiny_run(tmp_path / "run", *DIFFUSION, "evaluation={hypotheses: 3, steps: 2, flip: false}")
    source, cpu = make_source(), torch.device("cpu")
    clips, config = Clips(source, Windows(5)), EvaluationConfig(run.path)
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(4)).items()}
    measured = rows_predictor(run, config, source, cpu)(batch)[LIFTER]
    predicted = lifter_predictor(run, config, source, cpu)(batch["pose_2d"])
    torch.testing.assert_close(predicted, measured)
