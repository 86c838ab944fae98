"""Canonical captions: one statement per sentence, readable back exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posecap.captions import bank, caption_states, parse
from posecap.captions.states import unique_rows
from posecap.errors import InputError
from posecap.manifests import names
from posecap.posecodes import extract, load_definitions
from tests.fixtures.random_poses import random_poses

SHIPPED = names("posecodes")


@pytest.mark.parametrize("name", SHIPPED)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_canonical_caption_reads_back_as_exactly_its_statements(name, data):
    definitions = load_definitions(name)
    told = data.draw(st.sets(st.integers(0, len(definitions.statements) - 1)))
    state = np.zeros((1, len(definitions.statements)), bool)
    state[0, list(told)] = True
    ((caption,),) = caption_states(state, definitions)
    assert set(parse(caption.text, definitions)) == told
    assert set(caption.statement_ids) == told
    assert caption.text == " ".join(sentence.text for sentence in caption.sentences)


def test_captions_go_from_head_to_foot():
    definitions = load_definitions("posescript")
    ((caption,),) = caption_states(np.ones((1, len(definitions.statements)), bool), definitions)
    places = [
        caption.text.index(start)
        for start in ("The head", "The left elbow", "The left hand is above", "The left foot is")
    ]
    assert places == sorted(places)


def test_each_sentence_is_the_bank_sentence_of_its_statement():
    definitions = load_definitions("posescript")
    sentences = bank(definitions)
    ((caption,),) = caption_states(np.ones((1, len(sentences)), bool), definitions)
    assert all(one.text == sentences[one.statement_ids[0]].text for one in caption.sentences)


def test_equal_states_have_equal_captions_in_any_order_of_work():
    definitions = load_definitions("posescript")
    states = np.random.default_rng(0).random((40, len(definitions.statements))) < 0.1
    order = np.random.default_rng(1).integers(0, 40, 100)
    captions = caption_states(states, definitions)
    assert caption_states(states[order], definitions) == [captions[index] for index in order]


def test_a_pose_of_which_nothing_is_told_has_a_neutral_caption():
    definitions = load_definitions("posescript")
    ((caption,),) = caption_states(np.zeros((1, len(definitions.statements)), bool), definitions)
    assert caption.text == "Nothing in particular stands out in this pose."
    assert caption.statement_ids == () == parse(caption.text, definitions)


def test_no_frames_give_no_captions():
    definitions = load_definitions("posescript")
    assert caption_states(np.zeros((0, len(definitions.statements)), bool), definitions) == []


def test_an_unknown_style_is_named_with_the_near_ones():
    with pytest.raises(InputError, match="unknown style 'cannonical': did you mean canonical"):
        caption_states(np.zeros((1, 148), bool), load_definitions("posescript"), style="cannonical")


def test_a_sentence_that_is_not_of_the_bank_is_named():
    with pytest.raises(InputError, match=r"The left knee is straigt.*did you mean The left knee is straight"):
        parse("The left knee is straigt.", load_definitions("posescript"))


def assert_canonical_captions_are_exact(poses: np.ndarray) -> None:
    codes = extract(poses)
    told, true = codes.selected(), codes.true_statements()
    assert (told <= true).all()
    states, _ = unique_rows(told)
    for (caption,), state in zip(caption_states(states, codes.definitions), states, strict=True):
        assert set(parse(caption.text, codes.definitions)) == set(np.flatnonzero(state))


@pytest.mark.parametrize("num", [500, pytest.param(20_000, marks=pytest.mark.slow)])
def test_captions_of_random_poses_say_exactly_what_is_selected_and_true(num):
    assert_canonical_captions_are_exact(random_poses(num, seed=2))


@pytest.mark.parametrize("step", [199, pytest.param(1, marks=pytest.mark.slow)])
def test_captions_of_real_motion_say_exactly_what_is_selected_and_true(step, shared):
    with np.load(shared / "data" / "cmu_h36m17.npz") as file:
        assert_canonical_captions_are_exact(np.concatenate([file[key][::step] for key in file.files]))


def test_a_caption_reads_back_by_the_text_alone_or_with_the_name_of_its_definitions():
    text = "The left knee is straight."
    for name in SHIPPED:
        assert parse(text, name) == parse(text, load_definitions(name))
    assert parse(text) == parse(text, "h36m17")
    with pytest.raises(InputError, match="posecode"):
        parse(text, "h36m71")
