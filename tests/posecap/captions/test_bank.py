"""The sentence bank: one good sentence per statement."""

import re

import pytest
import yaml

from posecap.captions import bank, parse
from posecap.captions.bank import noun_phrase
from posecap.captions.language import load_language
from posecap.errors import InputError
from posecap.manifests import manifest_path, names
from posecap.posecodes.definitions import Definitions, load_definitions

SHIPPED = names("posecodes")


def swap_sides(text: str) -> str:
    return re.sub(
        r"\b(left|right)\b(?! angle)", lambda side: {"left": "right", "right": "left"}[side[0]], text
    )


def custom(**kind) -> Definitions:
    entry = {
        "measure": "angle",
        "unit": "degree",
        "thresholds": [90],
        "categories": ["right angle", "straight"],
    }
    entry["posecodes"] = [{"joints": ["left_hip", "left_knee", "left_ankle"], "acceptable": ["straight"]}]
    return Definitions(name="mine", description="", kinds={"bend": {**entry, **kind}})


@pytest.mark.parametrize("name", SHIPPED)
def test_every_statement_has_a_sentence_of_its_own(name):
    definitions = load_definitions(name)
    sentences = bank(definitions)
    assert [one.id for one in sentences] == list(range(len(definitions.statements)))
    assert len({one.text for one in sentences}) == len(sentences)


@pytest.mark.parametrize("name", SHIPPED)
def test_bank_sentences_are_well_formed(name):
    for one in bank(load_definitions(name)):
        assert re.fullmatch(r"The [a-z ,]+\.", one.text), one.text
        assert "  " not in one.text
        assert "_" not in one.text


@pytest.mark.parametrize("name", SHIPPED)
def test_the_sentence_of_a_mirrored_statement_is_the_mirrored_sentence(name):
    sentences = bank(load_definitions(name))
    for one in sentences:
        if one.mirror >= 0:
            assert sentences[one.mirror].text == swap_sides(one.text)


def test_numbers_agree():
    for one in bank(load_definitions("posescript")):
        subject = one.text.split()[1]
        assert (" are " in one.text) == (subject in ("hands", "feet", "elbows", "knees")), one.text


def test_plural_roles_are_called_by_their_plural():
    language = load_language("en")
    assert noun_phrase("both_feet", language) == "the feet"
    assert noun_phrase("both_hands", language) == "the hands"
    assert noun_phrase("left_upperarm", language) == "the left upper arm"


def test_a_part_without_a_noun_is_called_by_its_own_name():
    definitions = custom(
        posecodes=[
            {"joints": ["a", "left_tail_fin", "b"], "subject": "left_tail_fin", "acceptable": ["straight"]}
        ]
    )
    assert bank(definitions)[0].text == "The left tail fin is straight."


def test_a_category_without_a_wording_is_named():
    definitions = custom(
        categories=["kinked", "straight"],
        posecodes=[{"joints": ["left_hip", "left_knee", "left_ankle"], "acceptable": ["kinked"]}],
    )
    with pytest.raises(InputError, match=r"lacks a wording for category 'kinked' of 'angle'.*bend\(left_hip"):
        bank(definitions)


def test_two_statements_with_one_sentence_are_refused():
    kind = custom().kinds["bend"]
    definitions = Definitions(name="mine", description="", kinds={"bend": kind, "flex": kind})
    with pytest.raises(InputError, match="with the same sentence"):
        bank(definitions)


def test_a_language_file_of_the_users_own_adds_wordings(tmp_path):
    content = yaml.safe_load(manifest_path("language", "en").read_text(encoding="utf-8"))
    content["canonical"]["angle"]["kinked"] = {"one": "{part} has a kink"}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    definitions = custom(
        categories=["kinked", "straight"],
        posecodes=[
            {
                "joints": ["left_hip", "left_knee", "left_ankle"],
                "subject": "left_knee",
                "acceptable": ["kinked"],
            }
        ],
    )
    assert bank(definitions, str(path))[0].text == "The left knee has a kink."
    assert parse("The left knee has a kink.", definitions, str(path)) == (0,)
