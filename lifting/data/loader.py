"""Batches of tensors for one rank: order, workers, resuming."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from lifting.data.clips import Clips
from lifting.data.order import Progress, epoch_order, num_batches, rank_batches


def _leave_interrupts_to_the_loop(_: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Batches(Dataset):
    """Batch by item numbers; DataLoader hands each worker whole batches in turn and keeps their order."""

    def __init__(self, clips: Clips) -> None:
        self._clips = clips

    def __getitem__(self, items: np.ndarray) -> dict[str, torch.Tensor]:
        return {key: torch.from_numpy(value) for key, value in self._clips.batch(items).items()}


class Loader:
    """Epochs of batches.

    batch: clips a rank and step; block: sequences shuffled together when streaming (None: all).
    """

    def __init__(
        self,
        clips: Clips,
        batch: int,
        *,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        workers: int = 0,
        block: int | None = None,
        shuffle: bool = True,
    ) -> None:
        self.clips, self.batch, self.seed = clips, batch, seed
        self.rank, self.world, self.workers = rank, world, workers
        self.block, self.shuffle = block, shuffle

    @property
    def steps_in_epoch(self) -> int:
        """Batches that each rank gets in a whole epoch."""
        return num_batches(len(self.clips), self.batch, self.world)

    def order(self, epoch: int) -> np.ndarray:
        """(N,) all items in the order of that epoch, the same on every rank."""
        if not self.shuffle:
            return np.arange(len(self.clips))
        return epoch_order(self.clips.groups, self.seed, epoch, self.block)

    def iterate(self, progress: Progress = Progress()) -> Iterator[dict[str, Any]]:
        """The rest of an epoch, from `progress` on."""
        order = self.order(progress.epoch)
        items = list(rank_batches(order, self.batch, self.rank, self.world, progress.items_in_epoch))
        yield from DataLoader(
            _Batches(self.clips),
            sampler=items,
            batch_size=None,
            num_workers=self.workers,
            # its own, for DataLoader draws from the global one, and resuming must not see that
            generator=torch.Generator(),
            worker_init_fn=_leave_interrupts_to_the_loop,
        )

    def advance(self, progress: Progress) -> Progress:
        """Where the run stands one step later."""
        items = progress.items_in_epoch + self.batch * self.world
        if items >= len(self.clips):
            return Progress(progress.epoch + 1, 0)
        return Progress(progress.epoch, items)
