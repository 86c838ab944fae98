"""What a run writes down: log.jsonl, one row a report, and TensorBoard where it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from posecap.errors import InputError

DIAGNOSIS = "features_between_frames"  # in the rows that measure gradients
LOG_FILE = "log.jsonl"


class Log:
    """Rows of numbers; those that a run cut off wrote after step `keep_until` are dropped at opening."""

    def __init__(self, run: Path, keep_until: int = 0, tensorboard: bool = False) -> None:
        self._path = run / LOG_FILE
        rows = [row for row in read_log(run) if _is_before(row, keep_until)]
        self._path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        self._board = _open_board(run) if tensorboard else None

    def write(self, step: int, **values: Any) -> None:
        """Adds a row."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        if self._board is not None:
            for name, value in values.items():
                self._board.add_scalar(name, value, step)

    def close(self) -> None:
        """Flushes TensorBoard's file."""
        if self._board is not None:
            self._board.close()


def _is_before(row: dict[str, Any], step: int) -> bool:
    """Whether a row is from before a step began, of which gradients are measured at its beginning."""
    return row["step"] < step or (row["step"] == step and DIAGNOSIS not in row)


def read_log(run: Path) -> list[dict[str, Any]]:
    """Rows of a run's log, [] where there is none; it ends before a line that was cut off or spoilt."""
    path = run / LOG_FILE
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            break
        if not isinstance(row, dict) or not isinstance(row.get("step"), int):
            break
        rows.append(row)
    return rows


def _open_board(run: Path) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise InputError("TensorBoard is not installed: pip install 'posecap[log]'") from error
    return SummaryWriter(str(run / "tensorboard"))
