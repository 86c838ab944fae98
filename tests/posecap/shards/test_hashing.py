"""Content hashes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from posecap.shards.hashing import add_hashes, table_hash

ROWS = st.lists(
    st.tuples(
        st.text(max_size=4),
        st.integers(-5, 5),
        st.booleans(),
        st.lists(st.integers(0, 9), max_size=3),
        st.one_of(st.none(), st.integers(0, 3)),
        st.lists(st.tuples(st.text(max_size=2), st.lists(st.integers(0, 9), max_size=2)), max_size=2),
    ),
    max_size=12,
)
SCHEMA = pa.schema(
    [
        ("text", pa.string()),
        ("number", pa.int32()),
        ("flag", pa.bool_()),
        ("ids", pa.list_(pa.int32())),
        ("maybe", pa.int64()),
        ("parts", pa.list_(pa.struct([("text", pa.string()), ("ids", pa.list_(pa.int32()))]))),
    ]
)


def table(rows):
    plain = [(*row, [{"text": text, "ids": ids} for text, ids in last]) for *row, last in rows]
    return pa.Table.from_pylist([dict(zip(SCHEMA.names, row, strict=True)) for row in plain], SCHEMA)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.randoms(), st.integers(0, 12))
def test_order_and_cuts_do_not_matter(rows, random, cut):
    whole, shuffled = table(rows), list(rows)
    random.shuffle(shuffled)
    assert table_hash(table(shuffled)) == table_hash(whole)
    assert add_hashes([table_hash(whole.slice(0, cut)), table_hash(whole.slice(cut))]) == table_hash(whole)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS)
def test_other_rows_hash_otherwise(one, other):
    same = sorted(map(repr, one)) == sorted(map(repr, other))
    assert (table_hash(table(one)) == table_hash(table(other))) == same


def test_neighbouring_texts_do_not_run_together():
    left = pa.table({"a": ["x", "xy"], "b": ["yz", "z"]})
    assert table_hash(left.slice(0, 1)) != table_hash(left.slice(1, 1))


def test_vectors_are_compared_bit_by_bit():
    def hashed(value):
        flat = pa.array(np.array([1, 2, 3, value], np.float32))
        vectors = pa.FixedSizeListArray.from_arrays(flat, 2)
        kind = pa.list_(pa.field("element", pa.float32(), nullable=False), 2)
        return table_hash(pa.table([vectors.cast(kind)], pa.schema([pa.field("v", kind, nullable=False)])))

    assert hashed(4.0) == hashed(4.0) != hashed(np.nextafter(np.float32(4), np.float32(5)))
