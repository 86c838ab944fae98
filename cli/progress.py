"""Progress of long work on standard error: bars with rate and time left, or plain lines where piped."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from cli.console import one_line

LINE_EVERY = 10.0  # seconds between lines where standard error is no terminal


@dataclass
class _Stage:
    name: str
    total: int | None
    unit: str
    done: int = 0
    about: str = ""
    begun: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self.begun

    @property
    def rate(self) -> str:
        per_second = self.done / self.elapsed if self.elapsed > 0 else 0.0
        return f"{per_second:,.0f} {self.unit}/s" if per_second >= 10 else f"{per_second:.2f} {self.unit}/s"


class Progress:
    """What long functions tell: `start`, `advance` and `finish` a stage, `warn` and `note`.

    Satisfies `posecap.shards.settings.Progress`. `seconds` tells how long each finished stage took.
    """

    def __init__(self, shown: bool = True) -> None:
        self.seconds: dict[str, float] = {}
        self._stages: dict[str, _Stage] = {}
        self._display = (_Bars() if sys.stderr.isatty() else _Lines()) if shown else _Nothing()

    def start(self, stage: str, total: int | None = None, unit: str = "steps") -> None:
        """A stage begins; `total` units of work lie ahead, None where that is not known."""
        self._stages[stage] = _Stage(stage, total, unit)
        self._display.begin(self._stages[stage])

    def advance(self, stage: str, done: int = 1) -> None:
        """`done` more units of a stage are finished."""
        self._stages[stage].done += done
        self._display.show(self._stages[stage])

    def describe(self, stage: str, text: str) -> None:
        """What stands behind a stage's bar from now on (losses, ...); shown with the next `advance`."""
        self._stages[stage].about = one_line(text)

    def finish(self, stage: str) -> None:
        """A stage is over."""
        ended = self._stages.pop(stage)
        self.seconds[stage] = self.seconds.get(stage, 0.0) + ended.elapsed
        self._display.end(ended)

    def warn(self, message: str) -> None:
        """Something the user should know, in one line; also where progress is not shown."""
        self._display.warn(f"warning: {one_line(message)}")

    def note(self, text: str) -> None:
        """A line beside the bars."""
        self._display.note(one_line(text))


@contextmanager
def progress(shown: bool = True) -> Iterator[Progress]:
    """A Progress that leaves the terminal as it was, whatever happens inside.

    Python warnings raised inside become lines of it, each once.
    """
    reported = Progress(shown)
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        warnings.showwarning = lambda message, *_, **__: reported.warn(str(message))
        try:
            yield reported
        finally:
            reported._display.close()


class _Nothing:
    def begin(self, stage: _Stage) -> None:
        """No display."""

    def show(self, stage: _Stage) -> None:
        """No display."""

    def end(self, stage: _Stage) -> None:
        """No display."""

    def note(self, text: str) -> None:
        """No display."""

    def warn(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    def close(self) -> None:
        """No display."""


class _Lines(_Nothing):
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def show(self, stage: _Stage) -> None:
        if stage.elapsed - self._last.get(stage.name, 0.0) >= LINE_EVERY:
            self._last[stage.name] = stage.elapsed
            self.note(_so_far(stage) + _time_left(stage))

    def end(self, stage: _Stage) -> None:
        self.note(_so_far(stage))

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class _Bars(_Nothing):
    """Bars of rich: count, rate, time left."""

    def __init__(self) -> None:
        from rich import progress as bars
        from rich.console import Console

        self._bars = bars.Progress(
            bars.TextColumn("{task.description:<12}"),
            bars.BarColumn(bar_width=None),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[rate]}"),
            bars.TimeElapsedColumn(),
            bars.TextColumn("left"),
            bars.TimeRemainingColumn(),
            bars.TextColumn("{task.fields[about]}"),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, Any] = {}
        self._bars.start()

    def begin(self, stage: _Stage) -> None:
        self._tasks[stage.name] = self._bars.add_task(stage.name, total=stage.total, rate="", about="")

    def show(self, stage: _Stage) -> None:
        self._bars.update(self._tasks[stage.name], completed=stage.done, rate=stage.rate, about=stage.about)

    def end(self, stage: _Stage) -> None:
        task = self._tasks[stage.name]
        self._bars.update(task, completed=stage.done, total=stage.total or stage.done, rate=stage.rate)
        self._bars.stop_task(task)

    def note(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)

    def warn(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False, style="yellow")

    def close(self) -> None:
        self._bars.stop()


def _so_far(stage: _Stage) -> str:
    of = f"/{stage.total}" if stage.total else ""
    about = f"  {stage.about}" if stage.about else ""
    return f"{stage.name}: {stage.done}{of} {stage.unit} in {stage.elapsed:.1f} s ({stage.rate}){about}"


def _time_left(stage: _Stage) -> str:
    if not stage.total or not stage.done:
        return ""
    return f", {(stage.total - stage.done) * stage.elapsed / stage.done:.0f} s left"
