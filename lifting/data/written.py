"""Captions that people wrote, in place of those in the shards."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from lifting.data.sources import ClipSource, SequenceData, SourceOver
from posecap.errors import InputError, unknown_name


class Span(NamedTuple):
    """Statements (ids) that hold from frame `start` up to, not including, `end`."""

    start: int
    end: int
    ids: tuple[int, ...]


class WrittenCaptions(SourceOver):
    """Another source, whose frames of some subjects state what was written of them and nothing else."""

    def __init__(
        self, source: ClipSource, written: Mapping[str, Sequence[Span]], subjects: Collection[str]
    ) -> None:
        """written: spans by sequence key.

        InputError for a key that is none of the subjects' sequences, or frames that it does not have.
        """
        known = {info.key: info.num_frames for info in source.infos if info.subject in subjects}
        for key, spans in written.items():
            if key not in known:
                raise unknown_name("sequence with captions", key, known)
            for span in spans:
                _check_frames(key, span, known[key])
        super().__init__(source)
        self._written, self._subjects = written, frozenset(subjects)

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]` with what was written of it."""
        data, info = self._source.load(index), self.infos[index]
        if info.subject not in self._subjects:
            return data
        ids = spans_to_ids(self._written.get(info.key, ()), info.num_frames)
        views = tuple(replace(view, sentence_ids=None) for view in data.views)
        return replace(data, views=views, sentence_ids=ids)


def _check_frames(key: str, span: Span, num_frames: int) -> None:
    if span.end > num_frames:
        raise InputError(
            f"captions of '{key}': it has no frames {span.start} to {span.end - 1}, but 0 to {num_frames - 1}"
        )


def spans_to_ids(spans: Sequence[Span], num_frames: int) -> np.ndarray:
    """(T, M) int32 statements of every frame, each once, -1 padded."""
    frames: list[set[int]] = [set() for _ in range(num_frames)]
    for span in spans:
        for told in frames[span.start : span.end]:
            told.update(span.ids)
    ids = np.full((num_frames, max(1, *(len(told) for told in frames))), -1, np.int32)
    for row, told in zip(ids, frames, strict=True):
        row[: len(told)] = sorted(told)
    return ids
