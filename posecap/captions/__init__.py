"""Captions: from the statements that hold of a pose to English text, and back."""

from posecap.captions.action import action_sentence, with_action
from posecap.captions.bank import BankSentence, bank
from posecap.captions.frames import ExplainedSentence, caption, explain
from posecap.captions.read_back import parse
from posecap.captions.states import STYLES, caption_states
from posecap.captions.types import Caption, CaptionSentence

__all__ = [
    "STYLES",
    "BankSentence",
    "Caption",
    "CaptionSentence",
    "ExplainedSentence",
    "action_sentence",
    "bank",
    "caption",
    "caption_states",
    "explain",
    "parse",
    "with_action",
]
