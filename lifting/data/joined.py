"""Shards and videos as one source: the sequences of the first, then the second's, which have no 3D."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lifting.data.clips import UNKNOWN
from lifting.data.sources import ClipSource, SequenceData, SequenceInfo, SourceOver
from lifting.data.videos import Track
from posecap.errors import InputError

SKELETON = "h36m17"  # of `posecap.keypoints`


class WithVideos(SourceOver):
    """Another source, and after its sequences those of videos; all else is the other's."""

    def __init__(self, source: ClipSource, tracks: Sequence[Track]) -> None:
        """InputError for another skeleton than the videos', or a video with a name of the source."""
        super().__init__(source)
        self._tracks = tuple(tracks)
        self._check(source)
        self._infos = (*source.infos, *(track.info for track in tracks))
        self._categories = _num_categories(source)

    @property
    def infos(self) -> Sequence[SequenceInfo]:
        """Those of the source, then the videos'."""
        return self._infos

    def load(self, index: int) -> SequenceData:
        """The sequence `infos[index]`."""
        own = index - len(self._source.infos)
        if own < 0:
            return self._source.load(index)
        track = self._tracks[own]
        if self._categories is None:
            return track.data
        unknown = np.full((track.info.num_frames, self._categories), UNKNOWN, np.int8)
        return replace(track.data, categories=unknown)

    def _check(self, source: ClipSource) -> None:
        skeleton = getattr(source, "skeleton", SKELETON)
        if skeleton != SKELETON:
            raise InputError(f"videos are of the skeleton {SKELETON}, the shards of {skeleton}")
        taken = {info.subject for info in source.infos} | {info.key for info in source.infos}
        for track in self._tracks:
            if track.info.subject in taken or track.info.key in taken:
                raise InputError(
                    f"the video '{track.info.subject}' has a name that the shards use too: rename it"
                )


def _num_categories(source: ClipSource) -> int | None:
    """K, where clips bring the category of every posecode."""
    if source.mirror_categories is None or not len(source.infos):
        return None
    data = source.load(0)
    found = data.views[0].categories if data.categories is None else data.categories
    return None if found is None else found.shape[1]
