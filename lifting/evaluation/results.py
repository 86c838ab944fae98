"""Results of an evaluation: what was measured, on what and how; as rows, files and tables."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from lifting.evaluation.reporting import reporting_of
from lifting.runs import write_json
from posecap.errors import InputError

Format = Literal["table", "csv", "json", "markdown"]
MEAN, FRAMES, HARD = "mean of actions", "all frames", "hard actions (P3)"
WHOLE = "whole"  # what the protocol says of a training that went to its end
# what the two means are called, by what the rows of a data set's table are
MEANS_OF: dict[str, dict[str, str]] = {
    "actions": {},
    "sequences": {MEAN: "mean of sequences, unweighted", FRAMES: "mean of sequences, weighted by frames"},
}


@dataclass(frozen=True)
class Row:
    """One method's scores: metric -> action, MEAN or FRAMES -> value.

    ground_truth: what of the truth the method saw at test time; "none" in every honest row.
    """

    method: str
    scores: dict[str, dict[str, float]]
    ground_truth: str = "none"
    text_at_test: str = "none"


@dataclass(frozen=True)
class Results:
    """All rows of one evaluation; `protocol` says exactly what they are of."""

    protocol: dict[str, Any]
    rows: tuple[Row, ...]
    frames: dict[str, int]
    units: dict[str, str]
    sequences: dict[str, dict[str, float]] = field(default_factory=dict)

    def value(self, method: str, metric: str = "MPJPE", over: str = MEAN) -> float:
        """One number; KeyError where there is none."""
        return next(row for row in self.rows if row.method == method).scores[metric][over]

    @property
    def stopped(self) -> str | None:
        """Where the training was stopped before its end; None where it was not."""
        told = str(self.protocol.get("training", WHOLE))
        return None if told == WHOLE else told

    def by_action(self, metrics: tuple[str, ...] | None = None) -> list[dict[str, Any]]:
        """A record an action, then the two means, with one column a method and metric.

        metrics: by default those that the data set's manifest names (`reporting`).
        """
        reporting = reporting_of(self.protocol.get("dataset"))
        shown, means = metrics or reporting.metrics, MEANS_OF[reporting.rows]
        hard = [HARD] if HARD in self.rows[-1].scores["MPJPE"] else []
        actions = [*self.frames, *hard, MEAN, FRAMES]
        total = sum(self.frames.values())
        return [
            {"action": means.get(action, action), "frames": self.frames.get(action, total)}
            | {
                f"{row.method} {metric}": _rounded(row.scores.get(metric, {}).get(action))
                for row in self.rows
                for metric in shown
            }
            for action in actions
        ]

    def by_method(self) -> list[dict[str, Any]]:
        """A record a method, with every metric's mean over actions."""
        return [
            {"method": row.method}
            | {metric: round(values[MEAN], 2) for metric, values in row.scores.items()}
            | {"MPJPE all frames": round(row.scores["MPJPE"][FRAMES], 2), "truth used": row.ground_truth}
            for row in self.rows
        ]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)

    def save(self, folder: Path) -> None:
        """results.json, results.csv and results.md in `folder`."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "results.json", self.as_dict())
        (folder / "results.csv").write_text(self.format("csv"), encoding="utf-8")
        (folder / "results.md").write_text(self.markdown(), encoding="utf-8")

    def markdown(self) -> str:
        """Title, both tables and the protocol."""
        heading = f"# {self.protocol['run']}: {self.protocol['recipe']} on {self.protocol['keypoints']} 2D\n"
        note = "Millimetres; PCK in percent; MPJVE in millimetres a frame.\n"
        if self.stopped is not None:
            note = f"**Not a whole training: {self.stopped}.**\n\n{note}"
        protocol = "```json\n" + json.dumps(self.protocol, indent=1, ensure_ascii=False) + "\n```\n"
        tables = (rows_to_markdown(self.by_method()), rows_to_markdown(self.by_action()))
        return "\n".join([heading, note, *tables, protocol])

    def format(self, how: Format) -> str:
        """The tables as text; in CSV every metric by action."""
        if how == "json":
            return json.dumps(self.as_dict(), indent=1, ensure_ascii=False)
        if how == "csv":
            return rows_to_csv(self.by_action(tuple(self.rows[-1].scores)))
        return self.markdown()


def _rounded(value: float | None) -> float | str:
    """As a table shows it; nothing where an action is too short for a metric."""
    return "" if value is None else round(value, 2)


def load_results(folder: Path) -> Results:
    """What `Results.save` wrote; InputError where that cannot be read."""
    file = folder / "results.json"
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        return Results(**{**data, "rows": tuple(Row(**row) for row in data["rows"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(f"{file}: these are no results; measure the run again (lift eval)") from error


def rows_to_csv(rows: list[dict[str, Any]]) -> str:
    """Comma-separated, with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def rows_to_markdown(rows: list[dict[str, Any]]) -> str:
    """A Markdown table."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"
