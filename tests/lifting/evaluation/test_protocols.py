from dataclasses import replace

import numpy as np
import pytest
import torch

from lifting.data import Clips, Windows
from lifting.evaluation import EvaluationConfig, evaluate
from lifting.evaluation.hypotheses import J_AGG, J_BEST, P_AGG, P_BEST, TRUTH_USED, best_of, project
from lifting.evaluation.views import _batches, predict_views
from lifting.metrics import p_best
from posecap.cameras import Camera
from posecap.cameras import project as project_to_pixels
from posecap.errors import InputError
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_run


def frames_of(windows, length):
    clips = Clips(make_source((length,), ("S9",), cameras=("a",)), windows)
    return [found.prediction[:, 0, 0] for found in predict_views(lambda p: p * 0, clips)], clips


@pytest.mark.parametrize(("length", "measured"), [(10, 12), (8, 8), (3, 4)])
def test_d3dp_counts_doubled_and_padded_frames(length, measured):
    (view,), _ = frames_of(Windows(4, grid="last-overlaps"), length)
    assert len(view) == measured


def test_the_last_clip_of_d3dp_holds_the_last_frames():
    clips = frames_of(Windows(4, grid="last-overlaps"), 10)[1]
    assert clips.batch(np.arange(3))["start"].tolist() == [0, 4, 6]


@pytest.mark.parametrize(("length", "measured"), [(10, 8), (8, 8), (3, 4)])
def test_motionbert_leaves_out_the_tail_and_stretches_short_views(length, measured):
    (view,), _ = frames_of(Windows(4, grid="whole-clips"), length)
    assert len(view) == measured


@pytest.mark.parametrize("protocol", ["d3dp", "mixste", "motionbert"])
def test_a_protocol_is_named_in_the_results(tmp_path, protocol):
    run = tiny_run(tmp_path / "run")
    config = EvaluationConfig(run.path, protocol=protocol, device="cpu", baselines=False)
    results = evaluate(config, source=make_source())
    assert results.protocol["protocol"] == protocol
    assert (run.path / "results" / f"test-given-{protocol}" / "results.json").is_file()


def test_only_mixste_counts_the_predicted_root_where_it_is(tmp_path):
    run = tiny_run(tmp_path / "run")
    errors = {}
    for protocol in ("d3dp", "mixste"):
        config = EvaluationConfig(run.path, protocol=protocol, device="cpu", baselines=False)
        results = evaluate(config, source=make_source((10,), ("S9",)))
        errors[protocol] = results.value("lifter")
        assert ("kept" in results.protocol["root"]) == (protocol == "mixste")
    assert errors["mixste"] > errors["d3dp"]


def test_motionbert_leaves_out_three_recordings_of_its_pickle(tmp_path):
    run = tiny_run(tmp_path / "run")
    source = make_source((9, 10, 11), ("S9", "S9", "S9"))
    keys = ("S9/Greeting 2/54138969", "S9/Greeting 1/54138969", "S9/Greeting 2")
    source.infos = tuple(replace(info, key=key) for info, key in zip(source.infos, keys, strict=True))
    config = EvaluationConfig(run.path, protocol="motionbert", device="cpu", baselines=False)
    assert set(evaluate(config, source=source).sequences) == set(keys[1:])
    everything = EvaluationConfig(run.path, device="cpu", baselines=False, figure=False)
    assert set(evaluate(everything, source=source).sequences) == set(keys)


def test_an_unknown_protocol_and_one_that_does_not_fit_are_refused(tmp_path):
    run = tiny_run(tmp_path / "run")
    with pytest.raises(InputError, match="unknown protocol 'd3d': did you mean d3dp"):
        evaluate(EvaluationConfig(run.path, protocol="d3d", device="cpu"), source=make_source())
    with pytest.raises(InputError, match="overlapping clips"):
        evaluate(EvaluationConfig(run.path, protocol="d3dp", stride=2, device="cpu"), source=make_source())


@pytest.fixture(scope="module")
def diffusion(tmp_path_factory):
    backbone = "backbone={name: d3dp, options: {channels: 16, depth: 1, heads: 2, timesteps: 50}}"
    return tiny_run(tmp_path_factory.mktemp("runs") / "run", backbone)


def test_rows_that_the_truth_helped_say_so(diffusion):
    config = EvaluationConfig(diffusion.path, hypotheses=4, steps=2, device="cpu", figure=False)
    results = evaluate(config, source=make_source())
    used = {row.method: row.ground_truth for row in results.rows}
    assert used["lifter"] == used["linear"] == "none"
    assert used[f"lifter {P_BEST}"] == TRUTH_USED[P_BEST] != "none"
    value = results.value
    assert value(f"lifter {J_BEST}") <= value(f"lifter {P_BEST}")
    assert results.protocol["hypotheses"] == 4


def test_one_hypothesis_has_one_row_and_is_repeatable(diffusion):
    config = EvaluationConfig(diffusion.path, device="cpu", figure=False, baselines=False)
    one, two = (evaluate(config, source=make_source()) for _ in range(2))
    assert [row.method for row in one.rows] == ["lifter"]
    assert one == two


def test_hypotheses_are_for_diffusion(tmp_path):
    run = tiny_run(tmp_path / "run")
    with pytest.raises(InputError, match="are for diffusion"):
        evaluate(EvaluationConfig(run.path, hypotheses=3, device="cpu"), source=make_source())


def test_the_best_hypotheses_are_chosen_by_clip_and_by_joint():
    target = torch.zeros(1, 1, 2, 3)
    first = torch.tensor([[0.0, 0, 0], [9, 0, 0]])
    second = torch.tensor([[4.0, 0, 0], [2, 0, 0]])
    rows = best_of(torch.stack([first, second])[None, :, None], target, torch.ones(1, 1))
    assert rows[P_BEST][0, 0].tolist() == second.tolist()
    assert rows[J_BEST][0, 0].tolist() == [[0, 0, 0], [2, 0, 0]]
    assert {P_AGG, P_BEST, J_BEST, J_AGG} == TRUTH_USED.keys()


def test_projection_agrees_with_the_cameras_of_the_data():
    random = np.random.default_rng(0)
    camera = Camera(
        "a", 1000, 1002, np.array([1145.0, 1143]), np.array([512.0, 515]), random.normal(0, 0.2, 3),
        random.normal(0, 0.01, 2), np.eye(3), np.zeros(3),
    )  # fmt: skip
    points = random.uniform(-1, 1, (2, 5, 17, 3)) + np.array([0.0, 0, 4])
    pixels = project_to_pixels(points, camera)
    normalised = pixels / 1000 * 2 - [1, 1.002]
    intrinsics = torch.from_numpy(camera.intrinsics()).expand(2, 9)
    np.testing.assert_allclose(project(torch.from_numpy(points), intrinsics), normalised, atol=1e-9)


def test_p_best_of_d3dp_is_one_hypothesis_for_four_clips_of_a_view(diffusion):
    def truth_of(protocol):
        config = EvaluationConfig(
            diffusion.path, hypotheses=3, device="cpu", protocol=protocol, baselines=False, figure=False
        )
        rows = evaluate(config, source=make_source((43,), ("S9",))).rows
        return {row.method: row.ground_truth for row in rows}

    assert truth_of("d3dp")["lifter P-Best"] == "chooses a hypothesis for every 4 clips"
    assert truth_of("mixste")["lifter P-Best"] == "chooses a hypothesis for each clip"
    hypotheses, target = torch.randn(6, 3, 5, 17, 3), torch.randn(6, 5, 17, 3)
    whole = best_of(hypotheses, target, torch.ones(6, 5), one_a_batch=True)[P_BEST]
    error = (whole - target).norm(dim=-1).mean()
    torch.testing.assert_close(error[None], p_best(hypotheses[:, None], target))


def test_batches_of_a_view_hold_no_other():
    clips = Clips(make_source((10, 23), ("S9", "S11"), cameras=("a", "b")), Windows(4))
    for items in _batches(clips, 4, by_view=True):
        assert len({tuple(place) for place in clips.places[items]}) == 1
        assert len(items) <= 4
    assert np.concatenate(list(_batches(clips, 4, by_view=True))).tolist() == list(range(len(clips)))
    assert len(list(_batches(clips, 4, by_view=False))) == -(-len(clips) // 4)


def test_a_stride_that_leaves_frames_out_is_refused(tmp_path):
    run = tiny_run(tmp_path / "run")
    with pytest.raises(InputError, match="stride 9: longer than a clip, 5 frames"):
        evaluate(EvaluationConfig(run.path, stride=9, device="cpu"), source=make_source())
