"""What a run is told besides the shards: videos without 3D, and captions that people wrote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lifting.data import ClipSource
from lifting.data.joined import WithVideos
from lifting.data.videos import Track, Videos
from lifting.data.written import Span, WrittenCaptions
from lifting.training.config import TrainConfig
from posecap.errors import InputError

Written = Mapping[str, Sequence[Span]]


def with_video_subjects(config: TrainConfig) -> TrainConfig:
    """The recipe names whom videos show among the subjects with captions only.

    InputError where no captions are written, or a video is to be trained with its 3D.
    """
    if config.videos is None:
        return config
    if config.written is None:
        raise InputError("videos need captions that are written for them (--captions FILE.csv)")
    chosen = config.recipe.supervision
    for subject in chosen.subjects_3d or ():
        if subject in config.videos.subjects:
            raise InputError(f"the video '{subject}' has no 3D: leave it out of the subjects with 3D")
    names = tuple(dict.fromkeys((*chosen.subjects_captions, *config.videos.subjects)))
    supervision = chosen.model_copy(update={"subjects_captions": names})
    return replace(config, recipe=config.recipe.model_copy(update={"supervision": supervision}))


def told_source(source: ClipSource, config: TrainConfig) -> ClipSource:
    """The source with the videos and the written captions of `config`, if there are any.

    InputError for captions of unknown sequences, and for a video that has none.
    """
    if config.written is None:
        return source
    written, subjects = config.written, config.recipe.supervision.subjects_captions
    if config.videos is None:
        return WrittenCaptions(source, written, subjects)
    joined = WithVideos(source, captioned_tracks(config.videos, written))
    keys = {track.info.key for track in config.videos.tracks}
    if all(key in keys for key in written):
        # a file that is about the videos alone takes nothing away from the shards' own captions
        subjects = config.videos.subjects
    return WrittenCaptions(joined, in_frames_of_tracks(written, config.videos.tracks), subjects)


def captioned_tracks(videos: Videos, written: Written) -> tuple[Track, ...]:
    """People that captions are written for; InputError for a video with none of them."""
    found = tuple(track for track in videos.tracks if track.info.key in written)
    for subject in videos.subjects:
        keys = [track.info.key for track in videos.tracks if track.info.subject == subject]
        if not any(key in written for key in keys):
            raise InputError(
                f"the captions do not mention the video '{subject}' (its sequences: {', '.join(keys)})"
            )
    return found


def in_frames_of_tracks(written: Written, tracks: Sequence[Track]) -> dict[str, Sequence[Span]]:
    """The spans of videos, told in a video's frames, in the frames of its sequences."""
    moved: dict[str, Sequence[Span]] = dict(written)
    for track in tracks:
        if track.info.key in written:
            moved[track.info.key] = [_moved(span, track) for span in written[track.info.key]]
    return moved


def _moved(span: Span, track: Track) -> Span:
    start, end = span.start - track.start, span.end - track.start
    if end <= 0 or start >= track.info.num_frames or span.end > track.video_frames:
        last = track.start + track.info.num_frames - 1
        raise InputError(
            f"captions of '{track.info.key}': it has no frames {span.start} to {span.end - 1}, "
            f"but {track.start} to {last} of {track.video_frames}"
        )
    return Span(max(0, start), min(end, track.info.num_frames), span.ids)
