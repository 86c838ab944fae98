"""This process among those of a run; alone unless torchrun started it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from posecap.errors import InputError


@dataclass(frozen=True)
class Ranks:
    """Place and number of processes."""

    rank: int = 0
    world: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def total(self, value: Tensor) -> Tensor:
        """Sum of a tensor over all processes."""
        if self.world == 1:
            return value
        value = value.detach().clone()
        dist.all_reduce(value)
        return value

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether `flag` is set in any process: all must leave a loop at the same step."""
        return bool(self.total(torch.tensor(float(flag), device=device)) > 0)

    def average_gradients(self, parameters: list[torch.nn.Parameter]) -> None:
        """Replaces each gradient by its sum over processes (losses are scaled to shares of the whole)."""
        if self.world == 1:
            return
        present = [parameter for parameter in parameters if parameter.requires_grad]
        for parameter in present:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        flat = torch.cat([parameter.grad.flatten() for parameter in present])  # type: ignore[union-attr]
        dist.all_reduce(flat)
        for parameter, part in zip(present, flat.split([p.numel() for p in present]), strict=True):
            parameter.grad.copy_(part.view_as(parameter))  # type: ignore[union-attr]

    def gather(self, value: Tensor, device: torch.device) -> list[Tensor]:
        """A tensor of every process, by rank; in each of them the same shape."""
        if self.world == 1:
            return [value]
        there = value.to(device)
        found = [torch.empty_like(there) for _ in range(self.world)]
        dist.all_gather(found, there)
        return [one.to(value.device) for one in found]

    def wait(self) -> None:
        """Returns when all processes are here."""
        if self.world > 1:
            dist.barrier()


def find_ranks(device: torch.device) -> Ranks:
    """Joins the group that torchrun describes in the environment, if any."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        return Ranks()
    if not dist.is_initialized():
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return Ranks(dist.get_rank(), world)


def choose_device(name: str) -> torch.device:
    """`auto`: this process's GPU where there is one, else the CPU. InputError for what is not there."""
    if name != "auto":
        return _named_device(name)
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def _named_device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"device '{name}': cannot be used here ({reason})") from error
    return device
