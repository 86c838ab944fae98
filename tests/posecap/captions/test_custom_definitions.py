"""Captions of definitions that are not the shipped ones."""

import numpy as np
import pytest
import yaml

from posecap.captions import STYLES, bank, caption_states, parse
from posecap.manifests import manifest_path
from posecap.posecodes import Definitions, load_definitions


def everything_tellable(name: str) -> Definitions:
    """The shipped definitions with every category marked as acceptable."""
    content = load_definitions(name).model_dump(mode="json")
    for kind in content["kinds"].values():
        for entry in kind["posecodes"]:
            entry["acceptable"] = [one for one in kind["categories"] if one not in kind["ignored"]]
            entry["support_1"] = entry["support_2"] = []
    return Definitions.model_validate(content)


@pytest.mark.parametrize("name", ["h36m17", "posescript"])
def test_every_category_that_a_user_may_mark_has_words(name):
    definitions = everything_tellable(name)
    assert len({one.text for one in bank(definitions)}) == len(definitions.statements)
    states = np.random.default_rng(0).random((150, len(definitions.statements))) < 0.06
    for style in STYLES:
        for (caption,), state in zip(caption_states(states, definitions, style), states, strict=True):
            assert sorted(caption.statement_ids) == np.flatnonzero(state).tolist()


@pytest.fixture
def kinked(tmp_path) -> tuple[Definitions, str]:
    """A kind of the user's own, with a role and a category that English has no natural words for."""
    entries = [
        {
            "joints": [f"{side}_hip", f"{side}_tail", f"{side}_foot"],
            "subject": f"{side}_tail",
            "acceptable": ["kinked"],
        }
        for side in ("left", "right")
    ]
    kind = {"measure": "angle", "unit": "degree", "thresholds": [90], "categories": ["kinked", "plain"]}
    definitions = Definitions(name="mine", description="", kinds={"kink": {**kind, "posecodes": entries}})
    content = yaml.safe_load(manifest_path("language", "en").read_text(encoding="utf-8"))
    content["canonical"]["angle"]["kinked"] = {"one": "{part} has a kink"}
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return definitions, str(path)


@pytest.mark.parametrize("style", list(STYLES))
def test_a_category_with_canonical_words_alone_is_told_with_them(style, kinked):
    definitions, language = kinked
    ((caption,),) = caption_states(np.ones((1, 2), bool), definitions, style, language=language)
    assert caption.text.count("tail has a kink") == 2
    assert sorted(caption.statement_ids) == [0, 1]
    if style == "canonical":
        assert parse(caption.text, definitions, language) == (0, 1)
