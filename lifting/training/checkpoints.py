"""Saving and restoring a run in the middle, bit for bit."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from lifting.runs import MODEL_FILE, CheckpointState, checkpoint_folder, read_state, write_checkpoint
from lifting.training.averaging import Averager
from lifting.training.step import Learner
from posecap.errors import InputError

TRAINING_FILE = "training.safetensors"


def save(run: Path, learner: Learner, averager: Averager | None, state: CheckpointState) -> None:
    """Writes `checkpoint/`: weights to use, and all tensors and numbers that resuming needs.

    Every process of the run must call it; the first one writes.
    """
    random = _random_states(learner)
    if learner.ranks.is_first:
        used = learner.model.state_dict() if averager is None else averager.weights()
        tensors = {MODEL_FILE: used, TRAINING_FILE: _tensors(learner, averager) | random}
        write_checkpoint(run, tensors, state.model_dump())
    learner.ranks.wait()


def restore(run: Path, learner: Learner, averager: Averager | None) -> CheckpointState | None:
    """Puts the last checkpoint of `run` into the learner; its numbers, None where there is none."""
    folder = checkpoint_folder(run)
    if not folder.is_dir():
        return None
    try:
        tensors = load_file(folder / TRAINING_FILE)
        state = read_state(folder)
        _load_tensors(learner, averager, tensors)
    except InputError:
        raise
    except (OSError, ValueError, KeyError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{folder}: this checkpoint cannot be resumed ({reason})") from error
    return state


def _modules(learner: Learner) -> dict[str, nn.Module]:
    modules: dict[str, nn.Module] = {"model": learner.model}
    if learner.alignment is not None:
        modules["alignment"] = learner.alignment
    return modules


def _tensors(learner: Learner, averager: Averager | None) -> dict[str, Tensor]:
    tensors = {
        f"{name}.{key}": value
        for name, module in _modules(learner).items()
        for key, value in module.state_dict().items()
    }
    for index, slots in learner.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{slot}": torch.as_tensor(value) for slot, value in slots.items()}
    if averager is not None:
        tensors |= {f"average.{key}": value for key, value in averager.weights().items()}
    return tensors


def _random_states(learner: Learner) -> dict[str, Tensor]:
    """States of the random generators of every process, by kind and rank."""
    kinds = {"cpu": torch.get_rng_state()}
    if learner.device.type == "cuda":
        kinds["cuda"] = torch.cuda.get_rng_state(learner.device)
    return {
        _random_key(kind, rank): value
        for kind, state in kinds.items()
        for rank, value in enumerate(learner.ranks.gather(state, learner.device))
    }


def _random_key(kind: str, rank: int) -> str:
    return f"random.{kind}" if rank == 0 else f"random.{kind}.{rank}"


def _restore_random(learner: Learner, tensors: dict[str, Tensor]) -> None:
    """This process's own states; a process that the run had not before begins as in a new run."""
    cpu, cuda = (_random_key(kind, learner.ranks.rank) for kind in ("cpu", "cuda"))
    if cpu in tensors:
        torch.set_rng_state(tensors[cpu])
    if learner.device.type == "cuda" and cuda in tensors:
        torch.cuda.set_rng_state(tensors[cuda], learner.device)


def _load_tensors(learner: Learner, averager: Averager | None, tensors: dict[str, Tensor]) -> None:
    for name, module in _modules(learner).items():
        module.load_state_dict(_below(tensors, name))
    optimizer = learner.optimizer.state_dict()
    optimizer["state"] = {}
    for key, value in _below(tensors, "optimizer").items():
        index, slot = key.split(".", 1)
        optimizer["state"].setdefault(int(index), {})[slot] = value
    learner.optimizer.load_state_dict(optimizer)
    if averager is not None:
        averager.load(_below(tensors, "average"))
    _restore_random(learner, tensors)


def _below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(f"{name}.")
    }
