"""What a captioner gives back: a text and the statements that each of its sentences makes."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class CaptionSentence(NamedTuple):
    """One sentence and the ids of the statements it makes (none for a neutral sentence)."""

    text: str
    statement_ids: tuple[int, ...]


class SentenceSource(Protocol):
    """Where captions of one batch find their sentences when somebody asks for them."""

    def sentences(self, row: int) -> tuple[CaptionSentence, ...]: ...


class Caption:
    """The caption of a posecode state: its text and, on demand, its sentences.

    Most users want the text alone, and to cut a hundred thousand texts into sentences takes as long
    as to write them: so the sentences are made when they are first asked for.
    """

    __slots__ = ("_row", "_sentences", "_source", "text")

    def __init__(
        self,
        text: str,
        sentences: tuple[CaptionSentence, ...] | None = None,
        source: SentenceSource | None = None,
        row: int = 0,
    ) -> None:
        self.text = text
        self._sentences = sentences
        self._source = source
        self._row = row

    @property
    def sentences(self) -> tuple[CaptionSentence, ...]:
        """The sentences of the text, each with the ids of the statements it makes."""
        if self._sentences is None:
            self._sentences = self._source.sentences(self._row) if self._source else ()
            self._source = None
        return self._sentences

    @property
    def statement_ids(self) -> tuple[int, ...]:
        """Ids of all statements made, in the order of the text."""
        return tuple(index for sentence in self.sentences for index in sentence.statement_ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Caption) and (self.text, self.sentences) == (other.text, other.sentences)

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Caption({self.text!r}, {self.sentences!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Caption, (self.text, self.sentences)
