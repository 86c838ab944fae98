"""Imported weights whose poses are in half image widths are measured in metres, and the table says how."""

import dataclasses

import numpy as np
import pytest
import torch

from lifting.backbones import build
from lifting.data import Clips, MemorySource, Windows
from lifting.evaluation import EvaluationConfig, evaluate
from lifting.evaluation.methods import LIFTER, in_metres
from lifting.evaluation.views import predict_rows
from lifting.recipes import load_recipe
from lifting.runs import write_run
from posecap.errors import InputError
from tests.fixtures.clips import make_source

FOCAL = 2.29
OPTIONS = {"channels": 16, "depth": 1, "heads": 2}


def filmed_source() -> MemorySource:
    """Sequences whose cameras have intrinsics."""
    source = make_source()
    return MemorySource(
        source.infos,
        [_filmed(source.load(index)) for index in range(len(source.infos))],
        source.mirror_joints,
        source.mirror_ids,
    )


def _filmed(data):
    intrinsics = np.array([FOCAL, FOCAL, 0, 0, 0, 0, 0, 0, 0])
    return dataclasses.replace(
        data, views=tuple(dataclasses.replace(view, intrinsics=intrinsics) for view in data.views)
    )


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    recipe = load_recipe("dstformer", [f"backbone.options={OPTIONS}", "clips.frames=5"])
    run = tmp_path_factory.mktemp("runs") / "imported"
    return write_run(run, recipe, build("dstformer", frames=5, **OPTIONS))


def test_a_pose_in_half_image_widths_is_the_pose_times_focal_length_over_depth():
    clips = Clips(filmed_source(), Windows(5))

    def in_image_units(batch):
        return {LIFTER: batch["pose_3d"] * FOCAL / batch["root"][..., 2:]}

    for views in predict_rows(in_metres(in_image_units), clips, batch=3):
        view = views[LIFTER]
        np.testing.assert_allclose(view.prediction, view.target, atol=1e-5)


def test_the_table_says_that_the_truth_gave_the_scale(imported):
    config = EvaluationConfig(imported.path, device="cpu", baselines=False)
    results = evaluate(config, source=filmed_source())
    assert [row.ground_truth for row in results.rows] == ["depth of the root, for the scale"]
    clips = Clips(filmed_source(), Windows(5), wanted=lambda info: info.split == "test")
    batch = {key: torch.from_numpy(value) for key, value in clips.batch(np.arange(len(clips))).items()}
    pose = imported.model().predict(batch["pose_2d"], flip=imported.info.recipe.evaluation.flip)
    pose[:, :, 0] = 0
    pose = pose * batch["root"][..., 2:] / FOCAL
    errors = (pose - batch["pose_3d"]).norm(dim=-1).mean(-1)[batch["weight"] > 0]
    assert results.value(LIFTER, over="Walking") == pytest.approx(1000 * float(errors.mean()), rel=1e-3)


def test_without_intrinsics_it_is_refused(imported):
    with pytest.raises(InputError, match="the shards have none"):
        evaluate(EvaluationConfig(imported.path, device="cpu", baselines=False), source=make_source())
