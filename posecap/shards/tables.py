"""From a sequence and what is told of it to the rows of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from posecap.cameras import camera_to_dict
from posecap.errors import InputError
from posecap.shards import schema

if TYPE_CHECKING:
    from posecap.captions.bank import BankSentence
    from posecap.posecodes.definitions import Definitions
    from posecap.sequences import Sequence, View
    from posecap.shards.telling import Narrator, Told


def sequences_table(sequence: Sequence, dataset: str) -> pa.Table:
    """The one row of `sequences`."""
    one = sequence
    values = (
        one.key,
        dataset,
        one.subject,
        one.action,
        one.split,
        one.fps,
        one.num_frames,
        one.up,
        one.source,
    )
    return _rows(schema.sequences(), [values])


def labels_table(sequence: Sequence) -> pa.Table:
    """The rows of `labels`."""
    rows = [(sequence.key, one.start, one.end, one.text, one.level) for one in sequence.labels]
    return _rows(schema.labels(), rows)


def cameras_table(sequence: Sequence) -> pa.Table:
    """The rows of `cameras`."""
    rows = [(sequence.key, *camera_to_dict(one).values()) for one in sequence.cameras]
    return _rows(schema.cameras(), rows)


def frames_table(sequence: Sequence, told: Told | None) -> pa.Table:
    """The rows of `frames`; without `told` the captions belong to the views."""
    count = sequence.num_frames
    texts = [
        _constant(value, count) for value in (sequence.key, sequence.subject, sequence.action, sequence.split)
    ]
    valid = np.ones(count, bool) if sequence.valid is None else np.asarray(sequence.valid, bool)
    numbers = _frame_numbers(count), pa.array(valid), _vectors(sequence.joints, np.float32)
    columns = [*texts, *numbers, *_told_columns(told)]
    return pa.table(columns, schema=schema.frames(sequence.joints.shape[1], told is not None))


def view_table(sequence: Sequence, camera: str, view: View, told: Told | None) -> pa.Table:
    """The rows of `views/<source>` of one camera."""
    count, joints = sequence.num_frames, sequence.joints.shape[1]
    expected = (count, joints, 2), (count, joints)
    if (view.pose_2d.shape, view.confidence.shape) != expected:
        raise InputError(
            f"{sequence.key}: 2D of camera {camera} has shapes {view.pose_2d.shape} and "
            f"{view.confidence.shape}, expected {expected[0]} and {expected[1]}"
        )
    columns = [
        _constant(sequence.key, count),
        _constant(camera, count),
        _frame_numbers(count),
        _vectors(view.pose_2d, np.float32),
        _vectors(view.confidence, np.float32),
        *_told_columns(told),
    ]
    return pa.table(columns, schema=schema.views(joints, told is not None))


def posecodes_table(sequence: Sequence, told: Told, camera: str | None = None) -> pa.Table:
    """The rows of `posecodes`."""
    count = sequence.num_frames
    keys = [_constant(sequence.key, count), *([_constant(camera, count)] if camera is not None else [])]
    codes = [pa.array(np.ascontiguousarray(column)) for column in told.categories.T]
    columns = [*keys, _frame_numbers(count), *codes]
    return pa.table(columns, schema=schema.posecodes(told.columns, camera is not None))


def posecode_dictionary_table(definitions: Definitions, columns: tuple[str, ...]) -> pa.Table:
    """What each column of `posecodes` means."""
    rows = []
    for column, (name, entry) in zip(columns, definitions.columns, strict=True):
        kind = definitions.kinds[name]
        rows.append(
            (column, name, list(entry.joints), kind.unit, list(kind.categories), list(kind.thresholds))
        )
    return _rows(schema.posecode_dictionary(), rows)


def sentences_table(bank: tuple[BankSentence, ...]) -> pa.Table:
    """The sentence bank."""
    rows = [(one.id, one.text, one.statement, list(one.roles), one.mirror) for one in bank]
    return _rows(schema.sentences(), rows)


def captions_table(narrator: Narrator) -> pa.Table:
    """The different captions that a narrator has gathered, in the order of their ids (`staged_captions`)."""
    order = sorted(narrator.captions)
    captions = [narrator.captions[identity] for identity in order]
    place: dict = {}
    flat = [place.setdefault(one, len(place)) for caption, _ in captions for one in caption.sentences]
    ends = np.cumsum([0, *(len(caption.sentences) for caption, _ in captions)])
    target = schema.staged_captions()
    element = target.field("sentences").type.value_type
    statements = narrator.definitions.statements
    known = [
        {
            "text": one.text,
            "sentence_ids": list(one.statement_ids),
            "roles": list(dict.fromkeys(role for i in one.statement_ids for role in statements[i].roles)),
        }
        for one in place
    ]
    sentences = pa.array(known, element).take(pa.array(flat, pa.int64()))
    columns = [
        pa.array(order, pa.int64()),
        _constant(narrator.config.style, len(order)),
        pa.array([caption.text for caption, _ in captions], pa.string()),
        pa.ListArray.from_arrays(pa.array(ends, pa.int32()), sentences, type=target.field("sentences").type),
        pa.array([mirror for _, mirror in captions], pa.int64()),
        pa.array([identity in narrator.told for identity in order], pa.bool_()),
    ]
    return pa.table(columns, schema=target)


def vector_array(values: np.ndarray) -> pa.FixedSizeListArray:
    """(N, D) numbers as N fixed-size lists that cannot be null."""
    flat = pa.array(np.ascontiguousarray(values).reshape(-1))
    element = pa.field("element", flat.type, nullable=False)
    return pa.FixedSizeListArray.from_arrays(flat, type=pa.list_(element, values.shape[1]))


def _rows(target: pa.Schema, rows: list[tuple]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(target)
    return pa.table(
        [pa.array(list(column), one.type) for column, one in zip(columns, target, strict=True)], schema=target
    )


def _constant(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text, pa.string()), count)


def _frame_numbers(count: int) -> pa.Array:
    return pa.array(np.arange(count, dtype=np.int32))


def _vectors(values: np.ndarray, kind: type) -> pa.FixedSizeListArray:
    return vector_array(np.asarray(values, kind).reshape(len(values), -1))


def _told_columns(told: Told | None) -> list[pa.Array]:
    if told is None:
        return []
    number, variants = told.caption_ids.shape
    every = np.arange(0, (number + 1) * variants, variants, dtype=np.int32)
    return [
        _ragged(told.offsets, told.sentence_ids),
        _ragged(every, told.caption_ids.reshape(-1)),
    ]


def _ragged(offsets: np.ndarray, values: np.ndarray) -> pa.ListArray:
    flat = pa.array(values)
    element = pa.field("element", flat.type, nullable=False)
    return pa.ListArray.from_arrays(pa.array(offsets), flat, type=pa.list_(element))
