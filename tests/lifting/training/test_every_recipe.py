import math

import pytest
import torch

from lifting.recipes import load_recipe, recipe_names
from lifting.training import TrainConfig, train
from lifting.training.log import read_log
from tests.fixtures.clips import make_source
from tests.fixtures.runs import tiny_text

SMALLER = {"channels": 16, "representation": 16, "depth": 1, "heads": 2}


def shrunk(name):
    """The recipe as it is, but narrow, shallow, short, and two steps long."""
    options = load_recipe(name).backbone.options
    smaller = {key: value for key, value in SMALLER.items() if key in options}
    clips = {"frames": 7, "stride": None}
    training = {"epochs": None, "steps": 2, "minutes": None, "batch": 3, "workers": 0}
    return load_recipe(name, backbone={"options": smaller}, clips=clips, training=training)


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_trains(name, tmp_path):
    source = make_source((20, 7, 31, 12, 9), ("S1", "S5", "S9", "S6", "S7"))
    recipe = shrunk(name)
    text = tiny_text() if recipe.alignment.name != "none" or recipe.supervision.subjects_captions else None
    run = train(
        TrainConfig(tmp_path / "run", recipe, tmp_path / "run", device="cpu"), source=source, text=text
    )
    row = read_log(run.path)[-1]
    assert row["step"] == 2
    assert all(math.isfinite(value) for value in row.values())
    assert run.model().predict(torch.rand(1, 7, 17, 3), flip=True).shape == (1, 7, 17, 3)
