"""Options of captions: parts left out, the activity in front, what goes without saying."""

import re

import numpy as np
import pytest

from posecap.captions import action_sentence, caption, caption_states, explain, parse, with_action
from posecap.captions.concise import make_concise
from posecap.errors import InputError
from posecap.posecodes import extract, load_definitions
from tests.fixtures.random_poses import random_poses

WORDS = {
    "head": "head|bowed",
    "left_hand": "left (hand|wrist|forearm)|hands|forearms",
    "right_foot": "right (foot|ankle|shin)|feet|shins",
}


@pytest.fixture(scope="module")
def poses() -> np.ndarray:
    return random_poses(200, seed=3)


@pytest.mark.parametrize("style", ["canonical", "simple", "natural"])
@pytest.mark.parametrize("part", list(WORDS))
def test_nothing_remains_of_a_part_that_is_left_out(style, part, poses):
    for own in explain(poses, style=style, without=[part]):
        for sentence in own:
            assert not re.search(rf"\b({WORDS[part]})\b", sentence.text), sentence.text
            assert all(part not in one.roles for one in sentence.statements)


def test_an_unknown_part_is_named(poses):
    with pytest.raises(InputError, match="left_hnad"):
        caption(poses[:1], without=["left_hnad"])


@pytest.mark.parametrize(
    ("label", "name"),
    [("SittingDown 1", "sitting down"), ("walk_together", "walk together"), ("Picking up.", "picking up")],
)
def test_the_activity_is_named_in_front(label, name, poses):
    text = caption(poses[:1], style="canonical", action=label)[0]
    assert text.startswith(f'The action shown is "{name}". The ')
    assert action_sentence(label) in text
    assert parse(text, load_definitions("h36m17")) == parse(
        caption(poses[:1], style="canonical")[0], load_definitions("h36m17")
    )


def test_a_seed_may_be_a_number_of_numpys(poses):
    assert caption(poses[:3], seed=np.int64(7)) == caption(poses[:3], seed=7)


def test_without_a_label_there_is_no_activity_sentence():
    definitions = load_definitions("h36m17")
    ((one,),) = caption_states(np.ones((1, len(definitions.statements)), bool), definitions)
    assert with_action(one, "") is one


def test_concise_captions_leave_out_only_what_follows(poses):
    codes = extract(poses)
    definitions, full = codes.definitions, codes.selected()
    concise = make_concise(full, definitions)
    assert (concise <= full).all()
    assert concise.sum() < full.sum()
    rare = [one.id for one in definitions.statements if one.rare]
    assert (concise[:, rare] == full[:, rare]).all()
    captions = caption_states(full, definitions, "natural", concise=True)
    assert [sorted(own[0].statement_ids) for own in captions] == [
        np.flatnonzero(row).tolist() for row in concise
    ]


def test_a_chain_of_relations_makes_the_third_go_without_saying():
    definitions = load_definitions("h36m17")
    names = ["(left_foot, torso)=front", "(right_foot, torso)=behind", "(left_foot, right_foot)=front"]
    ids = [one.id for name in names for one in definitions.statements if one.name == f"relativePosZ{name}"]
    state = np.zeros((1, len(definitions.statements)), bool)
    state[0, ids] = True
    assert np.flatnonzero(make_concise(state, definitions)).tolist() == sorted(ids[:2])


def test_explain_tells_the_statements_of_each_sentence(poses):
    texts = caption(poses[:20], seed=4)
    explained = explain(poses[:20], seed=4)
    selected = extract(poses[:20]).selected()
    for text, own, row in zip(texts, explained, selected, strict=True):
        assert text == " ".join(sentence.text for sentence in own)
        assert (
            sorted(one.id for sentence in own for one in sentence.statements) == np.flatnonzero(row).tolist()
        )
