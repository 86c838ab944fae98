"""What is said of the frames of a part: posecodes, statements, captions, each different one once."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from posecap.cameras import world_to_camera
from posecap.captions import caption_states, with_action
from posecap.captions.states import unique_rows
from posecap.captions.types import Caption, CaptionSentence
from posecap.frames import up_vector
from posecap.posecodes import Posecodes, extract, load_definitions
from posecap.posecodes.statements import statements_without
from posecap.shards.settings import GenerateConfig
from posecap.skeletons import load_skeleton

if TYPE_CHECKING:
    from posecap.cameras import Camera
    from posecap.posecodes import Definitions
    from posecap.sequences import Sequence


class Clock(Protocol):
    """Times the stages of the work."""

    def __call__(self, stage: str) -> AbstractContextManager[None]:
        """Context whose duration is counted to `stage`."""


@dataclass(frozen=True)
class Told:
    """Of each frame: categories (T, K) int8, statements as offsets (T + 1,) and ids, caption ids (T, V)."""

    columns: tuple[str, ...]
    categories: np.ndarray
    offsets: np.ndarray
    sentence_ids: np.ndarray
    caption_ids: np.ndarray


class Narrator:
    """Describes sequences and gathers the different captions and sentences of a part."""

    def __init__(self, skeleton: str, config: GenerateConfig) -> None:
        self.skeleton = skeleton
        self.config = config
        self.frame = config.frame
        self.definitions = load_part_definitions(skeleton, config)
        self.columns = column_names(self.definitions)
        self._wanted = statements_without(self.definitions, config.without)
        self.captions: dict[int, tuple[Caption, int | None]] = {}
        self.told: set[int] = set()  # those that are of a frame, and not only of its mirror image
        self._sentence_keys: dict[CaptionSentence, bytes] = {}

    def tell(self, sequence: Sequence, clock: Clock, camera: Camera | None = None) -> Told:
        """Posecodes, statements and captions of every frame (as seen by `camera`, if one is given)."""
        with clock("posecodes"):
            codes = self._extract(sequence, camera)
            categories = codes.category_table()
            selected = codes.selected(self.config.skip) & self._wanted
        with clock("captions"):
            caption_ids = self._caption_frames(selected, sequence)
        rows, sentence_ids = np.nonzero(selected)
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(selected)))])
        return Told(
            self.columns, categories, offsets.astype(np.int32), sentence_ids.astype(np.int32), caption_ids
        )

    def _extract(self, sequence: Sequence, camera: Camera | None) -> Posecodes:
        config = self.config
        joints, up = sequence.joints, sequence.up
        if camera is not None:
            joints = world_to_camera(joints, camera)
            up = camera.rotation @ up_vector(up)
        return extract(
            joints,
            self.skeleton,
            self.definitions,
            config.frame,
            up,
            noise=config.noise,
            seed=config.seed,
            sequence=sequence.key,
        )

    def _caption_frames(self, selected: np.ndarray, sequence: Sequence) -> np.ndarray:
        """(T, V) caption ids of the frames."""
        ids = np.empty((len(selected), self.config.variants), np.int64)
        actions, action_of = frame_actions(sequence) if self.config.with_action else ([None], None)
        for number, action in enumerate(actions):
            own = slice(None) if action_of is None else action_of == number
            states, state_of = unique_rows(selected[own])
            ids[own] = self._caption(states, action)[state_of]
        return ids

    def _caption(self, states: np.ndarray, action: str | None) -> np.ndarray:
        """(U, V) caption ids of the different states (U, S), whose captions and mirrors are kept."""
        mirrored, has_mirror = mirror_states(states, self.definitions.mirror_ids)
        both = self._write(np.concatenate([states, mirrored]), action)
        own, other = both[: len(states)], both[len(states) :]
        ids = np.empty((len(states), self.config.variants), np.int64)
        for row, (captions, reflections) in enumerate(zip(own, other, strict=True)):
            for variant, (caption, reflection) in enumerate(zip(captions, reflections, strict=True)):
                ids[row, variant] = self._keep(caption, reflection if has_mirror[row] else None)
        return ids

    def _write(self, states: np.ndarray, action: str | None) -> list[list[Caption]]:
        config = self.config
        written = caption_states(
            states,
            self.definitions,
            config.style,
            config.seed,
            config.variants,
            config.language,
            concise=config.concise,
        )
        if action is None:
            return written
        return [[with_action(caption, action, config.language) for caption in own] for own in written]

    def _keep(self, caption: Caption, reflection: Caption | None) -> int:
        own = self._content(caption)
        if reflection is None:
            identity = caption_id(own, b"")
            self.told.add(identity)
            self.captions[identity] = caption, None
            return identity
        other = self._content(reflection)
        identity, mirror = caption_id(own, other), caption_id(other, own)
        self.told.add(identity)
        self.captions[identity] = caption, mirror
        self.captions[mirror] = reflection, identity
        return identity

    def _content(self, caption: Caption) -> bytes:
        keys = self._sentence_keys
        parts = []
        for sentence in caption.sentences:
            if sentence not in keys:
                ids = np.asarray(sentence.statement_ids, "<i4").tobytes()
                keys[sentence] = b"%d:%b%d:%b" % (len(ids), ids, len(sentence.text), sentence.text.encode())
            parts.append(keys[sentence])
        return b"".join(parts)


def load_part_definitions(skeleton: str, config: GenerateConfig) -> Definitions:
    """The posecode definitions of a run: those it names, else the skeleton's own."""
    return load_definitions(config.definitions or load_skeleton(skeleton).posecodes)


def column_names(definitions: Definitions) -> tuple[str, ...]:
    """Column of each posecode in the posecodes table, such as `angle_left_hip_left_knee_left_ankle`."""
    return tuple("_".join((kind, *entry.joints)) for kind, entry in definitions.columns)


def frame_actions(sequence: Sequence) -> tuple[list[str | None], np.ndarray]:
    """Different action texts of a sequence, and for each frame its place among them.

    A frame has the shortest label that covers it, so that what happens within a recording comes before
    what the recording is called; without any label it has the recording's action.
    """
    action_of = np.zeros(sequence.num_frames, np.intp)
    actions: list[str | None] = [sequence.action or None]
    for label in sorted(sequence.labels, key=lambda one: one.start - one.end):
        if label.text not in actions:
            actions.append(label.text)
        action_of[label.start : label.end] = actions.index(label.text)
    return actions, action_of


def mirror_states(states: np.ndarray, mirror_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left/right mirror images of states (U, S) bool, and (U,) which of them can be mirrored."""
    possible = mirror_ids >= 0
    mirrored = np.zeros_like(states)
    mirrored[:, mirror_ids[possible]] = states[:, possible]
    return mirrored, np.logical_not(states[:, ~possible].any(axis=1))


def caption_id(content: bytes, mirrored: bytes) -> int:
    """Id of a caption: 63 bits of the hash of its sentences, their statements, and its mirror image's.

    The mirror image is part of it because a text may leave out what decides how its mirror reads.
    """
    digest = hashlib.blake2b(b"%d:%b%b" % (len(content), content, mirrored), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
