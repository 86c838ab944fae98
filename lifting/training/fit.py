"""The training loop: epochs of steps, reports, checkpoints, an end that can be asked for."""

from __future__ import annotations

import math
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from lifting.data import Progress
from lifting.data.loader import Loader
from lifting.runs import CheckpointState
from lifting.training import checkpoints
from lifting.training.averaging import Averager
from lifting.training.log import Log
from lifting.training.schedule import learning_rate_factor
from lifting.training.step import OF_LABELS, Learner, Terms
from posecap.errors import InputError

REPORT_EVERY, DIAGNOSE_EVERY = 10, 100
ASTRAY = (
    "{run}: {what} is no longer finite at step {step}: lower optimizer.lr, or limit the gradient "
    "(optimizer.clip_gradient)"
)
ENDLESS = 2**31  # steps of a run that only the clock ends


@dataclass
class Report:
    """What the loop tells while it runs; losses are means since the last report."""

    step: int
    total_steps: int
    epoch: int
    losses: dict[str, float]
    clips_per_second: float
    learning_rate: float


Listener = Callable[[Report], None]


@dataclass
class Fit:
    """A run in progress."""

    learner: Learner
    loader: Loader
    run: Path
    log: Log | None
    averager: Averager | None = None
    validate: Callable[[], float] | None = None
    listener: Listener | None = None
    progress: Progress = field(default_factory=Progress)
    step: int = 0
    seconds: float = 0.0
    best: float = float("inf")
    validated: int | None = None
    """The step whose weights were validated last."""
    interrupted: bool = False

    @property
    def total_steps(self) -> int:
        """Steps of the whole run (those that a limit in minutes may cut short)."""
        training = self.learner.recipe.training
        by_epochs = None if training.epochs is None else training.epochs * self.loader.steps_in_epoch
        bounds = [bound for bound in (by_epochs, training.steps) if bound is not None]
        return min(bounds) if bounds else ENDLESS

    def share(self) -> float:
        """0..1 of the run that is done, by steps or by the clock."""
        minutes = self.learner.recipe.training.minutes
        by_clock = 0.0 if minutes is None else self.seconds / (60 * minutes)
        return max(by_clock, self.step / max(self.total_steps, 1))

    def finished(self) -> bool:
        """Whether no further step is due, in any process."""
        return self.learner.ranks.any(self.interrupted or self.share() >= 1, self.learner.device)

    def state(self) -> CheckpointState:
        """Numbers that resuming needs."""
        return CheckpointState(
            epoch=self.progress.epoch,
            items_in_epoch=self.progress.items_in_epoch,
            step=self.step,
            total_steps=None if self.total_steps == ENDLESS else self.total_steps,
            seconds=self.seconds,
            best=self.best if math.isfinite(self.best) else None,
            validated=self.validated,
            finished=self.share() >= 1 and (self.validate is None or self.validated == self.step),
        )

    def resume(self) -> None:
        """Goes back to the last checkpoint of the run folder."""
        state = checkpoints.restore(self.run, self.learner, self.averager)
        if state is not None:
            self.progress = Progress(state.epoch, state.items_in_epoch)
            self.step, self.seconds = state.step, state.seconds
            self.best = float("inf") if state.best is None else state.best
            self.validated = state.validated


def fit(run: Fit) -> None:
    """Trains until the recipe's end or an interruption, and leaves a checkpoint."""
    with _asked_to_stop(run):
        while not run.finished():
            _epoch(run)
        _save(run)
        if run.validate is not None and run.validated != run.step and not run.interrupted:
            _validate(run)
            _save(run)


def _epoch(run: Fit) -> None:
    """Steps to the end of the epoch or of the run."""
    run.learner.model.train()
    epoch, gathered, since = run.progress.epoch, Gathered(), time.perf_counter()
    for batch in run.loader.iterate(run.progress):
        gathered.add(_step(run, batch), len(batch["weight"]), bool(batch["labelled"].any()))
        now = time.perf_counter()
        run.seconds, since = run.seconds + now - since, now
        finished = run.finished()
        due = _due(run.learner.recipe.training.checkpoint_every, run.step)
        if run.step % REPORT_EVERY == 0 or due or finished or run.progress.epoch > epoch:
            _report(run, gathered)
        if due:
            _save(run)
        if finished:
            break
    if run.progress.epoch > epoch:
        _end_of_epoch(run)


def _end_of_epoch(run: Fit) -> None:
    training = run.learner.recipe.training
    every = 1 if training.select == "val" and training.validate_every is None else training.validate_every
    if _due(every, run.progress.epoch):
        _validate(run)
        run.learner.model.train()
    if training.checkpoint_every is None and not run.finished():
        _save(run)


def _step(run: Fit, batch: dict[str, Tensor]) -> Terms:
    learner, optimizer = run.learner, run.learner.recipe.optimizer
    batch = {key: value.to(learner.device, non_blocking=True) for key, value in batch.items()}
    factor = learning_rate_factor(learner.recipe.schedule, run.step, run.progress.epoch, run.share())
    for group in learner.optimizer.param_groups:
        group["lr"] = optimizer.lr * factor
    learner.step = run.step
    if run.log is not None and run.step % DIAGNOSE_EVERY == 0:
        run.log.write(run.step, **_diagnose(learner, batch))
    terms = learner.update(batch)
    run.step += 1
    run.progress = run.loader.advance(run.progress)
    if run.averager is not None:
        run.averager.add(learner.model, run.step)
    return terms


def _diagnose(learner: Learner, batch: dict[str, Tensor]) -> dict[str, float]:
    """Gradient shares of a batch; the training's own random numbers are left as they were."""
    with torch.random.fork_rng(devices=[learner.device] if learner.device.type == "cuda" else []):
        return learner.gradients_of_terms(batch)


class Gathered:
    """Sums of loss terms since the last report, kept on the device so that no step waits for them."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._terms: Terms = {}
        self._steps: Counter[str] = Counter()
        self._clips, self._start = 0, time.perf_counter()

    def add(self, terms: Terms, clips: int, labelled: bool = True) -> None:
        """Takes in one step; without labelled clips it has no error against labels."""
        for name, value in terms.items():
            if labelled or name not in OF_LABELS:
                self._terms[name] = self._terms.get(name, torch.zeros_like(value)) + value
                self._steps[name] += 1
        self._clips += clips

    def take(self) -> tuple[dict[str, float], float]:
        """Mean terms and clips a second since the last time."""
        means = {name: float(value) / self._steps[name] for name, value in self._terms.items()}
        rate = self._clips / max(time.perf_counter() - self._start, 1e-9)
        self._clear()
        return means, rate


def _report(run: Fit, gathered: Gathered) -> None:
    losses, rate = gathered.take()
    _check_finite(run, losses)
    rate *= run.learner.ranks.world
    lr = run.learner.optimizer.param_groups[0]["lr"]
    if run.log is not None:
        run.log.write(run.step, **losses, learning_rate=lr, epoch=run.progress.epoch, clips_per_second=rate)
    if run.listener is not None and run.learner.ranks.is_first:
        run.listener(Report(run.step, run.total_steps, run.progress.epoch, losses, rate, lr))


def _check_finite(run: Fit, losses: dict[str, float]) -> None:
    """InputError for a run that went astray, before it is saved; what was saved earlier is kept."""
    astray = [name for name, value in losses.items() if not math.isfinite(value)]
    if astray:
        raise InputError(ASTRAY.format(run=run.run, what=astray[0], step=run.step))


def _save(run: Fit) -> None:
    if not all(bool(parameter.isfinite().all()) for parameter in run.learner.model.parameters()):
        raise InputError(ASTRAY.format(run=run.run, what="a weight", step=run.step))
    checkpoints.save(run.run, run.learner, run.averager, run.state())


def _validate(run: Fit) -> None:
    if run.validate is not None:
        run.best = min(run.best, run.validate())
        run.validated = run.step


def _due(every: int | None, count: int) -> bool:
    return every is not None and count % every == 0


@contextmanager
def _asked_to_stop(run: Fit) -> Iterator[None]:
    """Ctrl-C ends the run after the step in hand; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        run.interrupted = True
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
