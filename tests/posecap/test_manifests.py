"""The manifest loader: every shipped file parses, and a bad one is told in one line."""

from __future__ import annotations

import pytest

from posecap import manifests
from posecap.errors import InputError
from posecap.posecodes.definitions import Definitions, load_definitions
from posecap.skeletons import Skeleton, load_skeleton


@pytest.mark.parametrize("name", manifests.names("skeletons"))
def test_every_shipped_skeleton_parses(name):
    assert load_skeleton(name).name == name


@pytest.mark.parametrize("name", manifests.names("posecodes"))
def test_every_shipped_definitions_file_parses(name):
    assert load_definitions(name).name == name


def test_every_family_ships_something():
    assert all(manifests.names(family) for family in manifests.FAMILIES)


def test_an_unknown_name_is_answered_with_the_near_names():
    with pytest.raises(InputError, match=r"unknown skeleton 'h36m71': did you mean .*h36m17"):
        load_skeleton("h36m71")


def test_a_missing_user_file_is_named():
    with pytest.raises(InputError, match=r"^nowhere/mine\.yaml: no such file$"):
        load_definitions("nowhere/mine.yaml")


def test_a_users_file_is_read_again_when_it_has_changed(tmp_path):
    shipped = manifests.manifest_path("skeletons", "h36m17").read_text()
    for name in ("first", "second one"):
        (tmp_path / "mine.yaml").write_text(shipped.replace("name: h36m17", f"name: {name}"))
        assert load_skeleton(str(tmp_path / "mine.yaml")).name == name
    assert load_skeleton("h36m17") is load_skeleton("h36m17")


def test_a_relative_name_means_the_file_in_the_working_directory(tmp_path, monkeypatch):
    shipped = manifests.manifest_path("skeletons", "h36m17").read_text()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mine.yaml").write_text(shipped.replace("name: h36m17", f"name: {name}"))
        monkeypatch.chdir(tmp_path / name)
        assert load_skeleton("mine.yaml").name == name


def test_broken_yaml_is_told_with_its_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("name: x\nkinds: [1, 2\n")
    with pytest.raises(InputError, match=r"bad\.yaml, line \d+: not valid YAML"):
        load_definitions(str(path))


def test_yaml_tags_that_build_objects_are_refused(tmp_path):
    path = tmp_path / "evil.yaml"
    path.write_text("name: !!python/object/apply:os.getcwd []\n")
    with pytest.raises(InputError, match=r"evil\.yaml.*not valid YAML"):
        load_definitions(str(path))


def test_a_wrong_field_is_told_with_file_field_and_expectation():
    data = {
        "name": "x",
        "description": "",
        "joints": ["a"],
        "parents": [-1],
        "pairs": [],
        "roles": {"head": "b"},
    }
    with pytest.raises(InputError, match=r"^x\.yaml: .*roles\.head: 'b' is not a joint of this skeleton$"):
        manifests.validate(Skeleton, data, "x.yaml")


def test_a_posecode_with_an_unknown_category_is_named_by_its_joints():
    kind = {
        "measure": "angle",
        "unit": "degree",
        "thresholds": [90],
        "categories": ["bent", "straight"],
        "posecodes": [{"joints": ["a", "b", "c"], "acceptable": ["bendy"]}],
    }
    data = {"name": "x", "description": "", "kinds": {"angle": kind}}
    with pytest.raises(InputError, match=r"^mine\.yaml: kinds\.angle: a\|b\|c: acceptable: 'bendy' is not"):
        manifests.validate(Definitions, data, "mine.yaml")
