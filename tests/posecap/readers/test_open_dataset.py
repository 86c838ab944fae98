"""The table of readers and its dispatcher."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import get_type_hints

import pytest

from posecap.datasets import dataset_names
from posecap.errors import InputError
from posecap.readers import READERS, open_dataset


def test_an_unknown_dataset_comes_with_near_names():
    with pytest.raises(InputError, match="unknown dataset 'h36': did you mean h36m"):
        open_dataset("h36")


def test_an_unknown_option_is_named(tmp_path):
    with pytest.raises(InputError, match="dataset h36m has no option 'colour'"):
        open_dataset("h36m", tmp_path, colour="red")


@pytest.mark.parametrize("name", sorted(READERS))
def test_every_reader_opens_by_root_and_keypoints(name: str):
    parameters = list(inspect.signature(import_module(READERS[name]).open_dataset).parameters)
    assert parameters[:2] == ["root", "keypoints"]


def test_every_reader_has_a_manifest():
    assert set(READERS) <= set(dataset_names())


@pytest.mark.parametrize(("name", "option"), [("bvh", "scale"), ("demo", "seed"), ("asfamc", "every")])
def test_an_option_of_another_type_is_told(name: str, option: str, tmp_path):
    with pytest.raises(InputError, match=f"dataset {name}: option {option} is 'a', expected (float|int)"):
        open_dataset(name, tmp_path, **{option: "a"})


@pytest.mark.parametrize("name", sorted(READERS))
def test_the_types_of_every_readers_options_can_be_told(name: str):
    assert get_type_hints(import_module(READERS[name]).open_dataset)["root"] == Path | None
