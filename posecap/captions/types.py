"""What a captioner gives back: a text and the statements that each of its sentences makes."""

from __future__ import annotations

from typing import NamedTuple


class CaptionSentence(NamedTuple):
    """One sentence and the ids of the statements it makes (none for a neutral sentence)."""

    text: str
    statement_ids: tuple[int, ...]


class Caption(NamedTuple):
    """The caption of a posecode state."""

    text: str
    sentences: tuple[CaptionSentence, ...]

    @property
    def statement_ids(self) -> tuple[int, ...]:
        """Ids of all statements made, in the order of the text."""
        return tuple(index for sentence in self.sentences for index in sentence.statement_ids)
