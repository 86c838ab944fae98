"""The activity sentence that may stand in front of a caption."""

from __future__ import annotations

import re

from posecap.captions.language import load_language
from posecap.captions.types import Caption, CaptionSentence


def action_sentence(label: str, language: str = "en") -> str:
    """A sentence that names the activity `label` of the data set, such as `SittingDown 1`."""
    return load_language(language).action.format(label=readable_label(label))


def with_action(caption: Caption, label: str, language: str = "en") -> Caption:
    """`caption` with the activity sentence in front; unchanged where the label is empty."""
    if not readable_label(label):
        return caption
    sentence = action_sentence(label, language)
    return Caption(f"{sentence} {caption.text}", (CaptionSentence(sentence, ()), *caption.sentences))


def readable_label(label: str) -> str:
    """`SittingDown 1` and `sitting_down_1` as `sitting down`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", label).replace("_", " ")
    spaced = re.sub(r'["“”.!?]', "", spaced)
    return re.sub(r"(\s+\d+)+$", "", " ".join(spaced.split())).lower()
