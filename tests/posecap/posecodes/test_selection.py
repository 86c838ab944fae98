"""Categories, super-posecodes, marks: from values to what is told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posecap.posecodes import extract, load_definitions
from posecap.posecodes.categories import categorize
from posecap.posecodes.definitions import Definitions
from posecap.posecodes.plan import compared_thresholds
from posecap.posecodes.selection import make_selection, select_rows, skip_rows, super_rows, true_rows
from posecap.posecodes.statements import statements_without

finite = st.floats(-200, 200, width=32)


def categories_of(values: list[float], thresholds: list[float]) -> list[int]:
    out = np.empty((1, len(values)), np.int8)
    categorize(np.array([values], np.float32), np.array(thresholds, np.float32), out)
    return out[0].tolist()


@given(st.lists(finite, min_size=1), st.lists(finite, min_size=1, max_size=5, unique=True))
def test_a_category_is_the_first_threshold_not_below_the_value(values, thresholds) -> None:
    thresholds = sorted(thresholds)
    expected = [next((i for i, t in enumerate(thresholds) if v <= t), len(thresholds)) for v in values]
    assert categories_of(values, thresholds) == expected


def test_ties_fall_low_in_float32_and_nan_falls_last() -> None:
    assert categories_of([0.1, np.float32(0.1), 0.2, float("nan")], [0.1, 0.2]) == [0, 0, 1, 2]


def test_ties_fall_inward_where_the_definitions_say_so() -> None:
    kind = load_definitions("h36m17").kinds["relativePosX"]
    edges = [-0.15, -0.05, 0.05, 0.15]
    out = np.empty((1, 4), np.int8)
    categorize(np.array([edges], np.float32), compared_thresholds(kind), out)
    assert out[0].tolist() == [1, 2, 2, 3]


def small(**super_posecodes: dict) -> Definitions:
    """Two feet on the ground, a distance, and the given super-posecodes."""
    ground = {"measure": "ground_contact", "unit": "metre", "thresholds": [0.1], "categories": ["on", "off"]}
    marks = {"acceptable": ["on", "off"], "support_1": ["on"]}
    space = {
        "measure": "distance",
        "unit": "metre",
        "thresholds": [0.2, 0.4],
        "categories": ["close", "mid", "far"],
    }
    near = {"joints": ["left_foot", "right_foot"], "acceptable": ["close", "far"], "rare": ["close"]}
    return Definitions.model_validate(
        {
            "name": "small",
            "description": "for tests",
            "kinds": {
                "ground": {
                    **ground,
                    "posecodes": [{"joints": [f"{s}_foot"], **marks} for s in ("left", "right")],
                },
                "space": {**space, "posecodes": [{**near, "support_2": ["far"]}]},
            },
            "super_posecodes": super_posecodes,
        }
    )


def need(kind: str, joints: list[str], category: str) -> dict:
    return {"kind": kind, "joints": joints, "category": category}


BOTH_DOWN = [need("ground", ["left_foot"], "on"), need("ground", ["right_foot"], "on")]
FAR = [need("space", ["left_foot", "right_foot"], "far")]
STANCE = {"subject": "body", "category": "stance", "ways": [BOTH_DOWN, FAR]}
CATEGORIES = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [2, 1, 2, 0]], np.int8)  # left, right, space of 4 poses


def told(definitions: Definitions, categories: np.ndarray = CATEGORIES) -> list[set[str]]:
    selection = make_selection(definitions)
    supers = super_rows(selection, categories)
    rows = true_rows(selection, categories, supers)
    select_rows(selection, rows, supers)
    names = [f"{s.joints[0]}={s.category}" for s in definitions.statements]
    return [{name for name, holds in zip(names, column, strict=True) if holds} for column in rows.T]


def test_any_way_makes_a_super_posecode_and_hides_what_supports_it() -> None:
    assert told(small(stance=STANCE)) == [
        {"stance=stance"},  # both ways; "on" is only support, "far" is told by the super-posecode
        {"right_foot=off"},  # "on" of the left foot is only support; nothing needs "off"
        {"left_foot=off", "right_foot=off", "stance=stance"},  # the second way alone hides "far" too
        {"left_foot=off", "left_foot=close"},
    ]


def test_support_marks_that_no_super_posecode_needs_have_no_effect() -> None:
    assert told(small())[0] == {"left_foot=on", "right_foot=on", "left_foot=far"}


def test_support_two_stays_where_the_super_posecode_is_not_made() -> None:
    ways = [[*BOTH_DOWN, *FAR]]
    assert "left_foot=far" in told(small(stance={**STANCE, "ways": ways}))[2]


def test_a_way_that_needs_an_unmeasured_posecode_fails() -> None:
    selection = make_selection(small(stance=STANCE))
    without_space = np.array([[0, 0], [0, 1], [-1, -1]], np.int8)
    assert super_rows(selection, without_space).tolist() == [[True, False]]


def test_skipping_spares_rare_statements_and_never_leaves_nothing() -> None:
    definitions = small(stance={**STANCE, "rare": True})
    selection = make_selection(definitions)
    rows = np.ones((selection.num_statements, 2), bool)
    rows[:, 1] = [not rare for rare in selection.rare]
    skip_rows(selection, rows, np.zeros(rows.shape), 0.15)
    assert rows[:, 0].tolist() == selection.rare.tolist()
    assert rows[:, 1].tolist() == (~selection.rare).tolist()


def random_poses(num: int = 300) -> np.ndarray:
    joints = np.random.default_rng(0).normal(0, 0.3, (num, 17, 3))
    joints[:, 8, 2] += 1  # necks are up
    return joints


@pytest.mark.parametrize("definitions", ["h36m17", "posescript"])
def test_selected_statements_hold_and_are_at_most_the_acceptable_ones(definitions: str) -> None:
    codes = extract(random_poses(), definitions=definitions)
    selected, true = codes.selected(), codes.true_statements()
    assert (selected <= true).all()
    support = np.array([statement.support for statement in codes.definitions.statements])
    assert not selected[:, support == 1].any()
    assert (selected == true)[:, support == 0].all()
    assert true[:, support == 1].any()


def test_at_most_one_category_of_a_posecode_holds() -> None:
    codes = extract(random_poses())
    true = codes.true_statements()
    for column in range(len(codes.definitions.columns)):
        ids = [s.id for s in codes.definitions.statements if s.posecode == column]
        assert (true[:, ids].sum(1) <= 1).all()


def test_random_skipping_drops_about_its_share_and_only_ever_the_same() -> None:
    codes = extract(random_poses(), seed=1, sequence="S1/Walking")
    all_of_them, some = codes.selected(), codes.selected(0.15)
    assert (some <= all_of_them).all()
    rare = np.array([statement.rare for statement in codes.definitions.statements])
    assert (some == all_of_them)[:, rare].all()
    kept = some[:, ~rare].sum() / all_of_them[:, ~rare].sum()
    assert 0.8 < kept < 0.9
    again = extract(random_poses()[40:60], seed=1, sequence="S1/Walking", frames=np.arange(40, 60))
    assert (again.selected(0.15) == some[40:60]).all()


def test_leaving_out_a_body_part_leaves_nothing_that_involves_it() -> None:
    definitions = load_definitions("h36m17")
    for node, gone in (("head", {"head"}), ("left_hand", {"left_hand", "left_wrist"})):
        remaining = statements_without(definitions, [node])
        for statement, stays in zip(definitions.statements, remaining, strict=True):
            assert stays == gone.isdisjoint(statement.roles)
        assert 0 < remaining.sum() < len(remaining)
    assert statements_without(definitions, []).all()
