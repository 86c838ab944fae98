"""Styles simple and natural: faithful, readable back, good English."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest

from posecap.captions import Caption, caption_states
from posecap.captions.language import load_language
from posecap.posecodes import Definitions, extract, load_definitions
from tests.fixtures.english_reader import PARTS, Reader, facts_of_statements
from tests.fixtures.random_poses import body_frame, holds, random_poses

STYLES = ("simple", "natural")


def told_by(caption: Caption) -> list[tuple[list, tuple[int, ...]]]:
    """Per sentence: the facts that the reader understands, and the statements that the sentence claims."""
    reader = Reader()
    return [(reader.read(one.text), one.statement_ids) for one in caption.sentences if one.statement_ids]


def assert_faithful(captions: list[Caption], states: np.ndarray, definitions: Definitions) -> None:
    """Every sentence reads as exactly its statements; together they are the state, each said once."""
    table = facts_of_statements(definitions)
    for caption, state in zip(captions, states, strict=True):
        assert caption.text == " ".join(sentence.text for sentence in caption.sentences)
        assert sorted(caption.statement_ids) == np.flatnonzero(state).tolist()
        for facts, ids in told_by(caption):
            assert sorted(table[fact] for fact in facts) == sorted(ids), caption.text


def assert_true(captions: list[Caption], joints: np.ndarray) -> None:
    """What the reader understands is true of the pose, and nothing contradicts anything."""
    read: dict[str, list] = {}
    for caption, pose in zip(captions, joints, strict=True):
        assert caption.text
        if caption.text not in read:
            read[caption.text] = [fact for facts, _ in told_by(caption) for fact in facts]
            assert_consistent(read[caption.text])
        body = body_frame(pose)
        assert all(holds(fact, body) is not False for fact in read[caption.text]), caption.text


def assert_consistent(facts: list) -> None:
    """No two facts give one relation of the same parts two categories; a body may lean on two axes."""
    relations = [
        (subject, measure, other, category.split()[1] if measure == "lean" else "")
        for subject, measure, category, other in facts
    ]
    assert len(set(relations)) == len(relations), facts


def assert_faithful_once(captions: list[Caption], states: np.ndarray, definitions: Definitions) -> None:
    """`assert_faithful`, each different caption once."""
    first = list({caption.text: index for index, caption in enumerate(captions)}.values())
    assert_faithful([captions[index] for index in first], states[first], definitions)
    assert_good_english([captions[index] for index in first])


def possible_states(definitions: Definitions, num: int, density: float, seed: int = 0) -> np.ndarray:
    """(N, S) random states with at most one category of each posecode."""
    rng = np.random.default_rng(seed)
    states = np.zeros((num, len(definitions.statements)), bool)
    by_posecode: dict[tuple[int, int], list[int]] = {}
    for one in definitions.statements:
        if one.support != 1:
            by_posecode.setdefault((one.posecode, one.super_posecode), []).append(one.id)
    for ids in by_posecode.values():
        rows = np.flatnonzero(rng.random(num) < density)
        states[rows, rng.choice(ids, len(rows))] = True
    return states


@pytest.fixture(scope="module")
def poses() -> np.ndarray:
    return random_poses(800)


@pytest.fixture(scope="module")
def states(poses) -> np.ndarray:
    return extract(poses).selected()


@pytest.mark.parametrize("style", STYLES)
def test_captions_of_random_poses_are_true_and_say_everything_once(style, poses, states):
    definitions = load_definitions("h36m17")
    captions = [own[0] for own in caption_states(states, definitions, style)]
    assert_faithful(captions, states, definitions)
    assert_true(captions, poses)


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
def test_captions_of_twenty_thousand_random_poses_are_true_and_say_everything_once(style):
    definitions, poses = load_definitions("h36m17"), random_poses(20_000, seed=1)
    states = extract(poses).selected()
    captions = [own[0] for own in caption_states(states, definitions, style)]
    assert_faithful_once(captions, states, definitions)
    assert_true(captions, poses)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("step", [pytest.param(199), pytest.param(1, marks=pytest.mark.slow)])
def test_captions_of_real_motion_are_true_and_say_everything_once(style, step, shared):
    definitions = load_definitions("h36m17")
    with np.load(shared / "data" / "cmu_h36m17.npz") as file:
        poses = np.concatenate([file[key][::step] for key in file.files])
    states = extract(poses).selected()
    captions = [own[0] for own in caption_states(states, definitions, style)]
    assert_faithful_once(captions, states, definitions)
    assert_true(captions, poses)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", ["h36m17", "posescript"])
@pytest.mark.parametrize("density", [0.04, 0.3])
def test_any_state_reads_back_as_itself(style, name, density):
    definitions = load_definitions(name)
    states = possible_states(definitions, 200, density)
    assert_faithful([own[0] for own in caption_states(states, definitions, style)], states, definitions)


def test_no_two_statements_merge_into_what_neither_says():
    definitions = load_definitions("h36m17")
    told = [one.id for one in definitions.statements if one.support != 1]
    exclusive = {one.id: (one.posecode, one.super_posecode) for one in definitions.statements}
    pairs = [pair for pair in itertools.combinations(told, 2) if exclusive[pair[0]] != exclusive[pair[1]]]
    states = np.zeros((len(pairs), len(definitions.statements)), bool)
    states[np.arange(len(pairs))[:, None], np.array(pairs)] = True
    states = states[:: max(1, len(states) // 3000)]
    assert_faithful([own[0] for own in caption_states(states, definitions, "natural")], states, definitions)


def state_of(*names: str) -> np.ndarray:
    definitions = load_definitions("h36m17")
    state = np.zeros((1, len(definitions.statements)), bool)
    state[0, [one.id for one in definitions.statements if one.name in names]] = True
    assert state.sum() == len(names)
    return state


def variants_of(*names: str) -> list[str]:
    captions = caption_states(state_of(*names), load_definitions("h36m17"), "natural", variants=40)[0]
    return [caption.text for caption in captions]


def test_one_hand_near_both_knees_is_never_told_of_both_hands():
    for text in variants_of("distance(left_hand, left_knee)=close", "distance(left_hand, right_knee)=close"):
        assert "left hand" in text
        assert "both knees" in text
        assert "right hand" not in text and "hands" not in text  # noqa: PT018


def test_each_hand_near_its_own_knee_is_told_once():
    for text in variants_of("distance(left_hand, left_knee)=close", "distance(right_hand, right_knee)=close"):
        assert (
            re.search(r"[Ee]ach hand (is )?(close to|near|next to) its own knee", text) or "left hand" in text
        )


def test_both_segments_of_an_arm_are_told_as_the_arm():
    texts = variants_of(
        "relativeVAxis(left_shoulder, left_elbow)=horizontal",
        "relativeVAxis(left_elbow, left_wrist)=horizontal",
    )
    assert all("left arm" in text for text in texts)


def test_the_same_of_left_and_right_is_told_of_both():
    texts = variants_of(
        "angle(left_shoulder, left_elbow, left_wrist)=right angle",
        "angle(right_shoulder, right_elbow, right_wrist)=right angle",
    )
    assert all(re.search(r"(elbows|arms) ", text) for text in texts)


def test_the_same_relation_of_several_parts_is_told_once():
    texts = variants_of(
        "relativePosZ(left_elbow, right_elbow)=front", "relativePosZ(left_hand, right_hand)=front"
    )
    assert any(re.search(r"elbow and hand .* ones", text) for text in texts)


# --- English ---------------------------------------------------------------------------------------

NOUNS = "|".join(sorted(PARTS, key=len, reverse=True))
PLURAL = "|".join(word for word in PARTS if word.endswith("s") and word != "torso") + "|feet"
SINGULAR = "|".join(word for word in PARTS if word not in PLURAL.split("|"))
DETERMINERS = {"the": ("it",), "their": ("they",), "his": ("he",), "her": ("she",)}
FUNCTION_WORDS = set(
    re.findall(
        "[a-z]+",
        "the their his her they he she it person figure is are has have and with while also both each other "
        "one ones left right own its opposite",
    )
)


def known_words() -> set[str]:
    language = load_language("en")
    wordings = [
        phrase
        for by_category in language.natural.values()
        for phrases in by_category.values()
        for form in ("one", "two", "pair", "each")
        for phrase in getattr(phrases, form)
    ]
    nouns = [text for noun in language.parts.values() for text in (noun.noun, noun.many)]
    text = re.sub(r"\{\w+\}|\|", " ", " ".join(wordings + nouns + [language.nothing]))
    return FUNCTION_WORDS | set(re.findall(r"[a-z']+", text.lower()))


def assert_good_english(captions: list[Caption]) -> None:
    known = known_words()
    for caption in captions:
        assert not re.search(r"  | ,| \.|,,|\.\.|_|[{}|]|[\x00-\x1f]", caption.text), caption.text
        assert set(re.findall(r"[a-z']+", caption.text.lower())) <= known, caption.text
        assert_one_voice(caption.text)
        for sentence in caption.sentences:
            assert_good_sentence(sentence.text)


def assert_good_sentence(text: str) -> None:
    assert re.fullmatch(r"[A-Z][^.]*\.", text), text
    assert len(text.split()) <= 40, text
    assert len(re.findall(r"\b(with|while)\b", text)) <= 2, text
    assert not re.search(rf"\b({PLURAL}|both|they|ones) (is|has)\b", text, re.I), text
    assert not re.search(
        rf"\beach ({SINGULAR}) are\b|\b(he|she|it|person|figure) (are|have)\b", text, re.I
    ), text
    lone = rf"(?<!and )(?<!, )\b(?:the|their|his|her)(?: left| right)? (?:{SINGULAR})"
    assert not re.search(rf"^{lone} (are|have)\b", text, re.I), text
    assert not re.search(r"\b(\w+) \1\b", text, re.I), text


def assert_one_voice(text: str) -> None:
    words = set(re.findall(r"[a-z]+", text.lower()))
    used = [one for one in ("their", "his", "her") if one in words]
    assert len(used) <= 1, text
    if used:
        assert not re.search(rf"\bthe ((left|right) )?({NOUNS}|person|figure|waist)\b", text, re.I), text
        others = {
            pronoun for one, own in DETERMINERS.items() if one not in (used[0], "the") for pronoun in own
        }
        assert not others & words, text


@pytest.mark.parametrize("style", STYLES)
def test_the_english_is_good(style, states):
    definitions = load_definitions("h36m17")
    captions = [one for own in caption_states(states, definitions, style, variants=2) for one in own]
    assert_good_english(captions)


@pytest.mark.parametrize("style", STYLES)
def test_the_english_is_good_however_much_there_is_to_say(style):
    definitions = load_definitions("posescript")
    captions = caption_states(possible_states(definitions, 150, 0.6), definitions, style)
    assert_good_english([own[0] for own in captions])


def test_the_battery_notices_bad_english():
    for text in ("They is bent.", "The hands is close.", "the head is bowed.", "His head is bowed"):
        with pytest.raises(AssertionError):
            assert_good_sentence(text)
    with pytest.raises(AssertionError):
        assert_one_voice("His head is bowed. The left hand is near the head.")


# --- Variants and determinism ----------------------------------------------------------------------


@pytest.mark.parametrize("style", STYLES)
def test_variants_of_a_caption_differ(style, states):
    captions = caption_states(states[:300], load_definitions("h36m17"), style, variants=3)
    for own, state in zip(captions, states, strict=False):
        assert len({one.text for one in own}) == (3 if state.any() else 1)


@pytest.mark.parametrize("style", STYLES)
def test_the_wording_depends_on_seed_state_and_variant_alone(style, states):
    definitions = load_definitions("h36m17")
    whole = caption_states(states[:200], definitions, style, seed=5, variants=3)
    order = np.random.default_rng(0).permutation(200)
    assert caption_states(states[order], definitions, style, seed=5, variants=3) == [whole[i] for i in order]
    fewer = caption_states(states[17:19], definitions, style, seed=5, variants=2)
    assert fewer == [own[:2] for own in whole[17:19]]
    other = caption_states(states[:200], definitions, style, seed=6)
    assert sum(one[0].text == two[0].text for one, two in zip(other, whole, strict=True)) < 20


def test_the_wording_does_not_depend_on_the_hash_seed():
    code = (
        "import numpy as np; from posecap.captions import caption_states;"
        "from posecap.posecodes import load_definitions;"
        "d = load_definitions('h36m17'); s = np.random.default_rng(0).random((20, len(d.statements))) < 0.1;"
        "print([c[0].text for st in ('simple', 'natural') for c in caption_states(s, d, st)])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1


def test_captions_survive_pickling(states):
    import pickle

    captions = caption_states(states[:5], load_definitions("h36m17"), "natural")
    assert pickle.loads(pickle.dumps(captions)) == captions
