"""Definitions files: what they hold and how a bad one is refused."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from posecap import manifests
from posecap.errors import InputError
from posecap.posecodes import load_definitions
from posecap.posecodes.statements import statements_without


@pytest.mark.parametrize("name", manifests.names("posecodes"))
def test_every_shipped_file_parses_and_lists_its_statements(name: str) -> None:
    definitions = load_definitions(name)
    assert definitions.name == name
    assert [statement.id for statement in definitions.statements] == list(range(len(definitions.statements)))
    names = [statement.name for statement in definitions.statements]
    assert len(set(names)) == len(names)


def test_the_published_posecodes_are_all_there() -> None:
    definitions = load_definitions("posescript")
    sizes = {name: len(kind.posecodes) for name, kind in definitions.kinds.items()}
    assert sizes == {
        "angle": 4, "distance": 22, "relativePosX": 6, "relativePosY": 15, "relativePosZ": 9,
        "relativeVAxis": 13, "onGround": 4, "bodyInclineX": 1, "bodyInclineY": 1, "bodyInclineZ": 1,
        "relativeRotX": 1, "relativeRotY": 1, "relativeRotZ": 1,
    }  # fmt: skip
    assert len(definitions.super_posecodes) == 6


def test_the_published_facts_agree_with_the_manifest(shared) -> None:
    facts = yaml.safe_load((shared / "reference" / "posecode_facts.json").read_text())
    definitions = load_definitions("posescript")
    assert list(facts["kinds"]) == list(definitions.kinds)
    for name, expected in facts["kinds"].items():
        kind = definitions.kinds[name]
        assert list(kind.categories) == expected["categories"]
        assert list(kind.thresholds) == expected["thresholds_upper_inclusive"]
        assert sorted(kind.ignored) == sorted(expected["not_describable"])
        assert kind.noise == expected["noise_max"]
        for entry, fact in zip(kind.posecodes, expected["posecodes"], strict=True):
            assert list(entry.joints) == fact["joints"]
            for mark in ("acceptable", "rare", "support_2"):
                assert set(getattr(entry, mark)) == set(fact[mark])
            assert set(entry.support_1) == set(fact["support_1"]) - set(fact["support_1_without_effect"])


def test_seventeen_joints_have_no_duplicates_and_hands_and_head_of_their_own() -> None:
    definitions = load_definitions("h36m17")
    same = {"left_wrist": "left_hand", "right_wrist": "right_hand", "left_ankle": "left_foot"}
    same["right_ankle"] = "right_foot"
    measured = [
        (kind, tuple(same.get(joint, joint) for joint in entry.joints)) for kind, entry in definitions.columns
    ]
    assert len(set(measured)) == len(measured)
    names = {statement.name for statement in definitions.statements}
    assert {"onGround(left_hand)=on_ground", "distance(left_hand, head)=close"} <= names
    assert {s.subject for s in definitions.statements if s.kind.startswith("head")} == {"head"}


def test_the_hash_is_that_of_the_content_not_of_the_layout(tmp_path) -> None:
    data = yaml.safe_load(manifests.manifest_path("posecodes", "h36m17").read_text())
    path = tmp_path / "same.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    assert load_definitions(str(path)).sha256 == load_definitions("h36m17").sha256
    assert load_definitions("posescript").sha256 != load_definitions("h36m17").sha256


def refusal(tmp_path, change) -> str:
    """The message for the 17-joint definitions after `change` was made to their data."""
    data = yaml.safe_load(manifests.manifest_path("posecodes", "h36m17").read_text())
    change(data)
    path = tmp_path / f"my{abs(hash(str(data)))}.yaml"
    path.write_text(yaml.safe_dump(data, sort_keys=False))
    with pytest.raises(InputError) as caught:
        load_definitions(str(path))
    assert path.name in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kinds", "angle", "measure"), "angel", ["kinds.angle", "measure", "angel", "did you mean angle"]),
        (("kinds", "angle", "thresholds"), [45, 45, 60, 70, 80], ["kinds.angle", "thresholds", "ascending"]),
        (
            ("kinds", "distance", "categories"),
            ["near", "far"],
            ["kinds.distance", "categories", "expected 4"],
        ),
        (
            ("kinds", "angle", "posecodes", 1, "rare"),
            ["curly"],
            ["kinds.angle", "right_hip", "rare", "curly"],
        ),
        (
            ("kinds", "angle", "posecodes", 1, "joints"),
            ["left_hip"],
            ["kinds.angle", "left_hip: joints", "3"],
        ),
        (("kinds", "angle", "posecodes", 1, "colour"), "red", ["kinds.angle", "posecodes.1", "colour"]),
        (
            ("kinds", "distance", "posecodes", 0, "acceptable"),
            "close",
            ["kinds.distance", "posecodes.0.acceptable"],
        ),
        (("kinds", "angle", "unit"), "metre", ["kinds.angle", "unit", "degree"]),
        (("kinds", "angle", "noise"), float("inf"), ["kinds.angle.noise", "finite"]),
        (("kinds", "angle", "posecodes", 1, "subject"), "", ["kinds.angle.posecodes.1.subject"]),
        (("kinds", "angle", "posecodes", 1, "joints"), ["a b", "c", "d"], ["posecodes.1.joints.0"]),
        (("kinds",), {}, ["kinds"]),
        (("super_posecodes", "kneeling", "ways"), [], ["super_posecodes.kneeling", "ways"]),
        (("super_posecodes", "kneeling", "ways"), [[]], ["super_posecodes.kneeling.ways.0"]),
        (
            ("super_posecodes", "kneeling", "ways", 0, 0, "category"),
            "over",
            ["super_posecodes.kneeling", "over", "relativePosY"],
        ),
    ],
)
def test_a_bad_file_is_refused_with_file_entry_and_field(tmp_path, path, value, words) -> None:
    def change(data) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = value

    message = refusal(tmp_path, change)
    for word in words:
        assert word in message


def test_the_same_posecode_twice_is_refused(tmp_path) -> None:
    def change(data) -> None:
        data["kinds"]["angle"]["posecodes"].append(data["kinds"]["angle"]["posecodes"][0])

    message = refusal(tmp_path, change)
    assert "kinds.angle" in message
    assert "twice" in message


def test_a_rare_or_support_category_must_be_acceptable(tmp_path) -> None:
    def change(data) -> None:
        data["kinds"]["distance"]["posecodes"][0]["rare"] = ["spread"]

    assert "'spread' is not acceptable" in refusal(tmp_path, change)


def test_unknown_body_parts_are_refused_with_near_names() -> None:
    with pytest.raises(InputError, match="did you mean left_hand"):
        statements_without(load_definitions("h36m17"), ["left_hnd"])


def test_mirror_ids_are_a_permutation_that_is_its_own_inverse() -> None:
    ids = load_definitions("posescript").mirror_ids
    assert (ids[ids] == np.arange(len(ids))).all()
