"""Progress of long work on standard error: bars with rate and time left, or plain lines where piped."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LINE_EVERY = 10.0  # seconds between lines where standard error is no terminal


class Progress:
    """What long functions call: `stage(name, total)`, `advance(n)`, `finish()`; `note(text)` any time.

    `total` may be None where it is not known. A new stage ends the one before. `seconds` tells how long
    each stage took.
    """

    def __init__(self, shown: bool = True) -> None:
        self.seconds: dict[str, float] = {}
        self._display = (_Bars() if sys.stderr.isatty() else _Lines()) if shown else _Nothing()
        self._name, self._done, self._start = "", 0, 0.0
        self._total: int | None = None

    def stage(self, name: str, total: int | None = None) -> None:
        """Begin a stage of `total` steps."""
        self.finish()
        self._name, self._total, self._done, self._start = name, total, 0, time.monotonic()
        self._display.begin(name, total)

    def advance(self, steps: int = 1) -> None:
        """`steps` more are done."""
        self._done += steps
        self._display.show(self._name, self._done, self._total, time.monotonic() - self._start)

    def note(self, text: str) -> None:
        """A line beside the bars (a warning, a number worth knowing)."""
        self._display.note(text)

    def finish(self) -> None:
        """End the stage that is under way, if any."""
        if not self._name:
            return
        elapsed = time.monotonic() - self._start
        self.seconds[self._name] = self.seconds.get(self._name, 0.0) + elapsed
        self._display.end(self._name, self._done, self._total, elapsed)
        self._name = ""


@contextmanager
def progress(shown: bool = True) -> Iterator[Progress]:
    """A Progress that leaves the terminal as it was, whatever happens inside."""
    shown_progress = Progress(shown)
    try:
        yield shown_progress
        shown_progress.finish()
    finally:
        shown_progress._display.close()


class _Nothing:
    def begin(self, name: str, total: int | None) -> None:
        """No display."""

    def show(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        """No display."""

    def end(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        """No display."""

    def note(self, text: str) -> None:
        """No display."""

    def close(self) -> None:
        """No display."""


class _Lines(_Nothing):
    """A line now and then, for logs."""

    def __init__(self) -> None:
        self._last = 0.0

    def begin(self, name: str, total: int | None) -> None:
        self._last = 0.0

    def show(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        if elapsed - self._last >= LINE_EVERY:
            self._last = elapsed
            left = f", {(total - done) * elapsed / done:.0f} s left" if total and done else ""
            self.note(f"{_so_far(name, done, total, elapsed)}{left}")

    def end(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        self.note(_so_far(name, done, total, elapsed))

    def note(self, text: str) -> None:
        print(text, file=sys.stderr, flush=True)


class _Bars(_Nothing):
    """Bars of rich: count, rate, time left."""

    def __init__(self) -> None:
        from rich import progress as bars
        from rich.console import Console

        self._bars = bars.Progress(
            bars.TextColumn("{task.description:<14}"),
            bars.BarColumn(bar_width=None),
            bars.MofNCompleteColumn(),
            bars.TextColumn("{task.fields[rate]}"),
            bars.TimeElapsedColumn(),
            bars.TextColumn("left"),
            bars.TimeRemainingColumn(),
            console=Console(stderr=True),
        )
        self._task: Any = None
        self._bars.start()

    def begin(self, name: str, total: int | None) -> None:
        self._task = self._bars.add_task(name, total=total, rate="")

    def show(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        self._bars.update(self._task, completed=done, rate=_rate(done, elapsed))

    def end(self, name: str, done: int, total: int | None, elapsed: float) -> None:
        self._bars.update(self._task, completed=done, total=total or done, rate=_rate(done, elapsed))
        self._bars.stop_task(self._task)

    def note(self, text: str) -> None:
        self._bars.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        self._bars.stop()


def _so_far(name: str, done: int, total: int | None, elapsed: float) -> str:
    of = f"/{total}" if total else ""
    return f"{name}: {done}{of} in {elapsed:.1f} s ({_rate(done, elapsed)})"


def _rate(done: int, elapsed: float) -> str:
    per_second = done / elapsed if elapsed > 0 else 0.0
    return f"{per_second:,.0f}/s" if per_second >= 10 else f"{per_second:.2f}/s"
