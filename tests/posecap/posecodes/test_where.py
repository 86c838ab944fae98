"""Filters by what poses say."""

from __future__ import annotations

import numpy as np
import pytest

from posecap.errors import InputError
from posecap.posecodes import extract, load_definitions
from posecap.posecodes.where import parse_where

DEFINITIONS = load_definitions("h36m17")
TRUNK = "left_shoulder, right_shoulder, pelvis, left_ankle, right_ankle"


@pytest.fixture(scope="module")
def poses():
    joints = np.random.default_rng(0).normal(0, 0.35, (500, 17, 3))
    joints[:, 8, 2] += 1
    return extract(joints)


def holds(text: str, poses) -> np.ndarray:
    return parse_where(text, DEFINITIONS).holds(poses.category_table())


def told(name: str, poses) -> np.ndarray:
    return poses.true_statements()[:, DEFINITIONS.statement_ids[name]]


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("left_elbow angle is 'right angle'", "angle(left_shoulder, left_elbow, left_wrist)=right angle"),
        ("left_elbow is right angle", "angle(left_shoulder, left_elbow, left_wrist)=right angle"),
        ("hands distance is close", "distance(left_hand, right_hand)=close"),
        ("the distance of left_hand to left_knee is close", "distance(left_hand, left_knee)=close"),
        ("left_knee left_hand are close", "distance(left_hand, left_knee)=close"),
        ('left_hand left_shoulder is "above"', "relativePosY(left_hand, left_shoulder)=above"),
        ("left_hand right_hand is at right", "relativePosX(left_hand, right_hand)=at_right"),
        ("torso is vertical", "relativeVAxis(pelvis, neck)=vertical"),
        ("LEFT_THIGH is Horizontal", "relativeVAxis(left_hip, left_knee)=horizontal"),
        ("right_hand is on ground", "onGround(right_hand)=on_ground"),
        ("body is body twist left", f"bodyInclineY({TRUNK})=body twist left"),
        ("body is kneel_on_left", "super(kneel_on_left)=kneel_on_left"),
        ("feet super are 'shoulder width'", "super(feet_shoulder_width)=shoulder width"),
    ],
)  # fmt: skip
def test_a_condition_means_the_posecode_it_names(text, statement, poses) -> None:
    assert (holds(text, poses) == told(statement, poses)).all()


def test_the_example_of_the_manual(poses) -> None:
    expected = told("angle(left_shoulder, left_elbow, left_wrist)=right angle", poses)
    expected &= told("distance(left_hand, right_hand)=close", poses)
    assert (holds("left_elbow angle is 'right angle' and hands distance is close", poses) == expected).all()


def test_relative_positions_read_backward_too(poses) -> None:
    assert (
        holds("right_hand left_hand is above", poses) == holds("left_hand right_hand is below", poses)
    ).all()
    assert holds("right_hand left_hand is above", poses).any()


def test_and_binds_closer_than_or_and_not_closer_than_both(poses) -> None:
    a, b, c = (
        holds(text, poses)
        for text in ("left_knee is straight", "torso is vertical", "hands distance is wide")
    )
    text = "left_knee is straight or not torso is vertical and hands distance is wide"
    assert (holds(text, poses) == (a | (~b & c))).all()
    text = "(left_knee is straight or not torso is vertical) and hands distance is wide"
    assert (holds(text, poses) == ((a | ~b) & c)).all()
    assert (holds("not (left_knee is straight)", poses) == ~a).all()


def test_is_not_holds_only_where_the_posecode_was_measured(poses) -> None:
    assert (holds("left_knee is not straight", poses) == ~holds("left_knee is straight", poses)).all()
    assert not holds("headTurnY head is not turn left", poses).any()  # these joints have no ears


def test_only_the_columns_it_names_are_looked_at(poses) -> None:
    where = parse_where("left_elbow is straight or body is kneeling", DEFINITIONS)
    table = np.full_like(poses.category_table(), -1)
    table[:, list(where.columns)] = poses.category_table()[:, list(where.columns)]
    assert (where.holds(table) == where.holds(poses.category_table())).all()
    assert 1 < len(where.columns) < 10


def test_it_filters_no_poses() -> None:
    table = extract(np.zeros((0, 17, 3))).category_table()
    assert parse_where("left_knee is straight and body is kneeling", DEFINITIONS).holds(table).shape == (0,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("left_hnd is close", "unknown body part 'left_hnd': did you mean left_hand"),
        ("left_elbow is bendy", "unknown category of left_elbow 'bendy'"),
        ("left_hand is above", "needs another part or kind, as in .*relativePosY(left_hand, neck)"),
        (
            "hands are 'shoulder width'",
            "may mean distance(left_hand, right_hand), super(hands_shoulder_width)",
        ),
        ("left_ear left_foot is close", "no posecode is called 'left_ear left_foot'"),
        ("left_knee", "expected `PART is CATEGORY` at 'left_knee'"),
        ("", "at 'the end'"),
        ("left_knee is straight and", "at 'the end'"),
        ("(left_knee is straight", "a bracket is not closed"),
        ("left_knee is straight)", "nothing expected at ')'"),
        ("left_knee is 'straight", "a quote is not closed"),
        ("left_knee is", "unknown category of left_knee ''"),
        ("(" * 3000, "too many brackets"),
        ("not " * 3000 + "left_knee is straight", "too many brackets"),
    ],
)
def test_what_is_not_understood_is_told(text: str, words: str) -> None:
    pattern = words.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(InputError, match=pattern) as caught:
        parse_where(text, DEFINITIONS)
    assert "\n" not in str(caught.value)
