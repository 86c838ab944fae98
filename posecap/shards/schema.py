"""The Arrow schema of every table in a shard directory, declared once.

Poses are fixed-size lists of plain numbers (`pose_3d[joint * 3 + axis]`), so that any Parquet reader
opens them. Measured on 20,000 rows of 17 two-dimensional joints (smooth pixel tracks, zstd): fixed-size
lists split by byte 75 B/row and 4.0 Mrow/s read into NumPy; without the split 114 B/row; one column a
coordinate 74 B/row and 5.1 Mrow/s but 34 columns to name in every query; opaque binary 114 B/row and
7.7 Mrow/s but no other tool can read it. Byte splitting is therefore on for 32-bit floats (not for
16-bit ones, which DuckDB cannot decode when split).
"""

from __future__ import annotations

from typing import Literal

import pyarrow as pa

FORMAT: Literal["posecap shards"] = "posecap shards"
FORMAT_VERSION: Literal[1] = 1


def _field(name: str, kind: pa.DataType, unit: str = "") -> pa.Field:
    return pa.field(name, kind, nullable=False, metadata={"unit": unit} if unit else None)


def _vector(kind: pa.DataType, size: int) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False), size)


def _ragged(kind: pa.DataType) -> pa.DataType:
    return pa.list_(pa.field("element", kind, nullable=False))


def _told() -> list[pa.Field]:
    """What is said of a row: bank ids in ascending order, and one caption id per variant."""
    return [_field("sentence_ids", _ragged(pa.int32())), _field("caption_ids", _ragged(pa.int64()))]


def sequences() -> pa.Schema:
    """One row per sequence, in the data set's order."""
    texts = [_field(name, pa.string()) for name in ("sequence", "dataset", "subject", "action", "split")]
    return pa.schema(
        [
            *texts,
            _field("fps", pa.float64(), "1/s"),
            _field("num_frames", pa.int64()),
            _field("up", pa.string()),
            _field("source", pa.string()),
        ]
    )


def labels() -> pa.Schema:
    """Action labels: each holds from frame `start` up to, not including, `end`; they may overlap."""
    return pa.schema(
        [
            _field("sequence", pa.string()),
            _field("start", pa.int64(), "frame"),
            _field("end", pa.int64(), "frame"),
            _field("text", pa.string()),
            _field("level", pa.string()),
        ]
    )


def cameras() -> pa.Schema:
    """One row per sequence and camera (`posecap.cameras.camera_to_dict`)."""
    double = pa.float64()
    return pa.schema(
        [
            _field("sequence", pa.string()),
            _field("camera", pa.string()),
            _field("projection", pa.string()),
            _field("width_px", pa.int32(), "px"),
            _field("height_px", pa.int32(), "px"),
            _field("focal_px", _vector(double, 2), "px"),
            _field("center_px", _vector(double, 2), "px"),
            _field("radial_distortion", _vector(double, 3)),
            _field("tangential_distortion", _vector(double, 2)),
            _field("rotation_world_to_camera", _vector(double, 9), "3 x 3, row by row"),
            _field("position_world_m", _vector(double, 3), "m"),
        ]
    )


def frames(num_joints: int, told: bool = True) -> pa.Schema:
    """One row per 3D frame; `told` is False where captions belong to views (camera-frame posecodes).

    Frames that are not `valid` are there for context and do not count.
    """
    texts = [_field(name, pa.string()) for name in ("sequence", "subject", "action", "split")]
    return pa.schema(
        [
            *texts,
            _field("frame", pa.int32()),
            _field("valid", pa.bool_()),
            _field("pose_3d", _vector(pa.float32(), num_joints * 3), "m, world frame"),
            *(_told() if told else []),
        ]
    )


def views(num_joints: int, told: bool = False) -> pa.Schema:
    """One row per view and frame of one 2D source."""
    return pa.schema(
        [
            _field("sequence", pa.string()),
            _field("camera", pa.string()),
            _field("frame", pa.int32()),
            _field("pose_2d", _vector(pa.float32(), num_joints * 2), "px"),
            _field("confidence", _vector(pa.float32(), num_joints), "0 to 1"),
            *(_told() if told else []),
        ]
    )


def posecodes(columns: tuple[str, ...], camera: bool = False) -> pa.Schema:
    """One row per frame (with `camera`: per view and frame), one int8 category column per posecode."""
    keys = [_field("sequence", pa.string()), *([_field("camera", pa.string())] if camera else [])]
    return pa.schema([*keys, _field("frame", pa.int32()), *(_field(name, pa.int8()) for name in columns)])


def posecode_dictionary() -> pa.Schema:
    """What each column of `posecodes` means; category i lies between thresholds i − 1 and i."""
    return pa.schema(
        [
            _field("column", pa.string()),
            _field("kind", pa.string()),
            _field("roles", _ragged(pa.string())),
            _field("unit", pa.string()),
            _field("categories", _ragged(pa.string())),
            _field("thresholds", _ragged(pa.float64())),
        ]
    )


def sentences() -> pa.Schema:
    """The bank: row i has sentence_id i; mirror_id is −1 where a sentence has no mirror image."""
    return pa.schema(
        [
            _field("sentence_id", pa.int32()),
            _field("sentence", pa.string()),
            _field("statement", pa.string()),
            _field("roles", _ragged(pa.string())),
            _field("mirror_id", pa.int32()),
        ]
    )


def captions() -> pa.Schema:
    """One row per different caption; mirror_caption_id is null where the pose has no mirrored caption."""
    sentence = pa.struct(
        [
            _field("text", pa.string()),
            _field("sentence_ids", _ragged(pa.int32())),
            _field("roles", _ragged(pa.string())),
        ]
    )
    return pa.schema(
        [
            _field("caption_id", pa.int64()),
            _field("style", pa.string()),
            _field("caption", pa.string()),
            _field("sentences", _ragged(sentence)),
            pa.field("mirror_caption_id", pa.int64()),
        ]
    )


def staged_captions() -> pa.Schema:
    """Captions of one part before they are merged; `told`: not only as a mirror image."""
    return captions().append(_field("told", pa.bool_()))


def features(key: str, dimension: int) -> pa.Schema:
    """One vector per text; `key` is sentence_id, caption_id or label."""
    kind = {"sentence_id": pa.int32(), "caption_id": pa.int64(), "label": pa.string()}[key]
    return pa.schema([_field(key, kind), _field("vector", _vector(pa.float16(), dimension))])


def token_features(key: str, dimension: int) -> pa.Schema:
    """One row per token, texts one after the other, tokens in reading order."""
    base = features(key, dimension)
    return pa.schema([base.field(0), _field("token", pa.int32()), base.field(1)])
