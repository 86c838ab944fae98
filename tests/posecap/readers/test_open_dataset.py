"""The table of readers and its dispatcher."""

from __future__ import annotations

import inspect
from importlib import import_module

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
