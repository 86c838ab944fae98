"""Language files: what a bad one is told, and that a changed one is read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from posecap.captions import bank, caption, parse
from posecap.captions.language import load_language
from posecap.errors import InputError
from posecap.manifests import manifest_path
from posecap.posecodes import load_definitions
from tests.fixtures.random_poses import random_poses


def own_language(folder: Path, steps: tuple, value: Any) -> str:
    """A copy of the shipped language with one entry changed."""
    content = yaml.safe_load(manifest_path("language", "en").read_text(encoding="utf-8"))
    place = content
    for step in steps[:-1]:
        place = place[step]
    place[steps[-1]] = value
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return str(path)


STRAIGHT = ("canonical", "angle", "straight")


@pytest.mark.parametrize(
    ("steps", "value", "words"),
    [
        ((*STRAIGHT, "one"), "{joint} is straight", ["canonical.angle.straight", "{joint}", "{part}"]),
        ((*STRAIGHT, "one"), "{} is straight", ["canonical.angle.straight", "{}"]),
        ((*STRAIGHT, "one"), "{part.noun} is straight", ["{part.noun}"]),
        ((*STRAIGHT, "one"), "{part is straight", ["canonical.angle.straight"]),
        ((*STRAIGHT, "one"), "", ["canonical.angle.straight.one"]),
        (("natural", "angle", "straight", "one"), ["as {a} stick"], ["natural.angle.straight", "{a}"]),
        (("natural", "distance", "close", "two"), ["near"], ["natural.distance.close", "{other}"]),
        (("action",), "Something is done.", ["action", "{label}"]),
        (("action",), "{lable} is done.", ["{lable}"]),
        (("voices", 0, "figure"), "", ["voices.0.figure"]),
        (("entities", "tail"), [], ["entities.tail"]),
    ],
)
def test_a_bad_language_file_is_refused_with_file_entry_and_reason(steps, value, words, tmp_path):
    with pytest.raises(InputError, match=r"^mine\.yaml: ") as told:
        load_language(own_language(tmp_path, steps, value))
    for word in words:
        assert word in str(told.value)


@pytest.mark.parametrize("action", ["{label}: that is what is done.", "Done is {label}.", "{label}."])
def test_an_activity_sentence_in_any_words_is_not_taken_for_a_statement(action, tmp_path):
    own = own_language(tmp_path, ("action",), action)
    pose = random_poses(1, seed=3)
    text = caption(pose, style="canonical", language=own)[0]
    with_action = caption(pose, style="canonical", language=own, action="walking")[0]
    assert with_action != text
    assert parse(with_action, language=own) == parse(text, language=own) != ()


def test_a_changed_language_file_is_read_again(tmp_path):
    definitions = load_definitions("h36m17")
    for words in ("is a stick", "is a straight line"):
        own = own_language(tmp_path, (*STRAIGHT, "one"), "{part} " + words)
        assert f"The left knee {words}." in {one.text for one in bank(definitions, own)}
        assert parse(f"The left knee {words}.", definitions, own) != ()
