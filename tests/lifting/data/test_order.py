import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lifting.data.order import PADDING, epoch_order, num_batches, rank_batches


def sliced(order, batch, world, consumed=0):
    return [list(rank_batches(order, batch, rank, world, consumed)) for rank in range(world)]


@given(
    num_items=st.integers(1, 120), batch=st.integers(1, 9), world=st.integers(1, 8), seed=st.integers(0, 5)
)
def test_every_item_comes_once_over_all_ranks_in_equally_many_batches(num_items, batch, world, seed):
    order = epoch_order(np.zeros(num_items, int), seed, 0)
    ranks = sliced(order, batch, world)
    assert {len(rank) for rank in ranks} == {num_batches(num_items, batch, world)}
    items = np.concatenate([items for rank in ranks for items in rank])
    assert sorted(items[items != PADDING]) == list(range(num_items))


@given(
    num_items=st.integers(2, 120),
    batch=st.integers(1, 5),
    before=st.integers(1, 8),
    after=st.integers(1, 8),
    steps=st.integers(1, 10),
)
def test_what_is_left_does_not_depend_on_the_world_size(num_items, batch, before, after, steps):
    order = epoch_order(np.zeros(num_items, int), 1, 3)
    steps = min(steps, num_items // (batch * before))
    seen = [items for rank in sliced(order, batch, before) for items in rank[:steps]]
    rest = [items for rank in sliced(order, batch, after, steps * batch * before) for items in rank]
    items = np.concatenate([*seen, *rest])
    assert sorted(items[items != PADDING]) == list(range(num_items))


def test_the_order_is_a_function_of_seed_and_epoch():
    groups = np.repeat(np.arange(8), 10)
    for block in (None, 2):
        same = epoch_order(groups, 5, 2, block)
        assert (same == epoch_order(groups, 5, 2, block)).all()
        assert (same != epoch_order(groups, 5, 3, block)).any()
        assert (same != epoch_order(groups, 6, 2, block)).any()


@pytest.mark.parametrize("block", [1, 3, 8, 20])
def test_streamed_order_needs_no_more_than_a_block_of_sequences_at_once(block):
    groups = np.repeat(np.arange(20), 13)
    order = epoch_order(groups, 0, 0, block)
    assert sorted(order) == list(range(len(groups)))
    last, first = {}, {}
    for place, group in enumerate(groups[order]):
        first.setdefault(group, place)
        last[group] = place
    open_at_once = [sum(first[g] <= place <= last[g] for g in first) for place in range(len(order))]
    assert max(open_at_once) <= block


def test_neighbours_in_a_sequence_end_up_far_apart_when_streamed():
    groups = np.repeat(np.arange(64), 50)
    place = np.argsort(epoch_order(groups, 0, 0, block=16))
    distance = np.abs(np.diff(place.reshape(64, 50), axis=1))
    assert np.median(distance) > 16 * 50 / 5
