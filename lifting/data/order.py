"""The order of an epoch, as a pure function of (seed, epoch), and its slices by rank.

An *item* is a clip with or without flip. All ranks know the one order of all items; step t takes the
next `world * batch` of them and rank r the r-th `batch` of those. What is left after some steps is
therefore the tail of the order, whatever the world size, and resuming needs two integers: the epoch
and the number of items consumed. Workers take whole batches in turn and change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

PADDING = -1  # an item that counts for nothing, so that all ranks have equally many batches


@dataclass(frozen=True)
class Progress:
    """Where a run stands: `items_in_epoch` of epoch `epoch` are consumed, over all ranks."""

    epoch: int = 0
    items_in_epoch: int = 0


def epoch_order(groups: np.ndarray, seed: int, epoch: int, block: int | None = None) -> np.ndarray:
    """(N,) permutation of items.

    groups: (N,) the sequence of each item. block: None shuffles everything; else the sequences are
    shuffled, taken `block` at a time, and items are shuffled within such a block, so that a reader
    never needs more than `block` sequences at once.
    """
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, epoch])))
    if block is None:
        return random.permutation(len(groups))
    names, member = np.unique(groups, return_inverse=True)
    block_of = random.permutation(len(names)) // block
    shuffled = random.permutation(len(groups))
    return shuffled[np.argsort(block_of[member[shuffled]], kind="stable")]


def num_batches(num_items: int, batch: int, world: int = 1) -> int:
    """Batches that each rank gets for so many items."""
    return -(-num_items // (batch * world))


def rank_batches(
    order: np.ndarray, batch: int, rank: int = 0, world: int = 1, consumed: int = 0
) -> Iterator[np.ndarray]:
    """The (batch,) item arrays of one rank, from item `consumed` of the epoch on.

    The last step is filled up with PADDING, spread over the ranks by turns so that each has some items.
    """
    rest = order[consumed:]
    steps = num_batches(len(rest), batch, world)
    for step in range(steps):
        joint = rest[step * batch * world : (step + 1) * batch * world]
        if len(joint) == batch * world:
            yield joint[rank * batch : (rank + 1) * batch]
        else:
            share = joint[rank::world]
            yield np.concatenate([share, np.full(batch - len(share), PADDING, order.dtype)])
