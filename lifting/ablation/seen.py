"""What was seen in training: losses, gradient shares and features of every variant, from the runs' logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lifting.recipes import Recipe
from lifting.runs import build_model, open_run
from lifting.training.log import read_log
from lifting.training.step import MAIN

BEGIN_STEPS, PART = 100, 0.1  # the first steps; the share of a run that "middle" and "end" are
GRADIENT = "gradient/"
VALIDATION = "validation_mpjpe_mm"


@dataclass(frozen=True)
class TrainingLog:
    """A run's log, its recipe and the weights that its loss terms were logged with."""

    recipe: Recipe
    rows: list[dict[str, Any]]
    weights: dict[str, float]

    @property
    def last_step(self) -> int:
        return max((row["step"] for row in self.rows), default=0)

    def parts(self) -> dict[str, tuple[float, float]]:
        """First and last step of the three parts of the training that are told apart."""
        last = self.last_step
        middle, end = (last * (1 - PART) / 2, last * (1 + PART) / 2), (last * (1 - PART), last)
        return {f"first {BEGIN_STEPS} steps": (0, BEGIN_STEPS), "middle": middle, "end": end}

    def mean(self, key: str, part: tuple[float, float]) -> float:
        """Mean of a logged number within a part; of the nearest row where none lies within; nan if never."""
        rows = [row for row in self.rows if key in row]
        inside = [row[key] for row in rows if part[0] <= row["step"] <= part[1]]
        if not rows or inside:
            return float(np.mean(inside)) if inside else float("nan")
        return float(min(rows, key=lambda row: abs(row["step"] - sum(part) / 2))[key])

    def terms(self) -> list[str]:
        """Loss terms beside the main one."""
        names = {key.removeprefix(GRADIENT) for row in self.rows for key in row if key.startswith(GRADIENT)}
        return sorted(names - {MAIN})


def training_log(run: Path) -> TrainingLog:
    """The log of a run folder."""
    info = open_run(run).info
    return TrainingLog(info.recipe, read_log(run), _term_weights(info.recipe, info.joints))


def _term_weights(recipe: Recipe, joints: int) -> dict[str, float]:
    from lifting.alignment import build_alignment

    choice, supervised = recipe.alignment, recipe.supervision
    options = {} if choice.name == "none" else choice.options
    with torch.device("meta"):  # its width is wanted, not weights
        channels = build_model(recipe, joints).feature_channels
    branch = build_alignment(choice.name, channels=channels, joints=joints, text_dim=8, **options)
    of_captions = {name: getattr(supervised, name) for name in ("reprojection", "constraints", "bones")}
    return of_captions | branch.weights


def seen_in_training(logs: Mapping[str, Sequence[TrainingLog]]) -> list[dict[str, str]]:
    """A record a variant and part of the training, means over seeds.

    Terms stand as they are without their weights, gradients (at the backbone's features) in percent of
    the main term's. Lengths are in mm where the loss is the mean joint distance.
    """
    return [
        {"variant": name, "when": part} | _record(of_seeds, part)
        for name, of_seeds in logs.items()
        for part in of_seeds[0].parts()
    ]


def _record(logs: Sequence[TrainingLog], part: str) -> dict[str, str]:
    terms = logs[0].terms()
    others = [term for term in terms if term != "err2"]
    return {
        "step ms": _number(_mean(logs, part, _step_ms), 0),
        "lifter's loss": _error(logs, part, MAIN),
        "second head's": _error(logs, part, "err2") if "err2" in terms else "",
        "terms": _join((term, _number(_mean(logs, part, _raw(term)), 4)) for term in others),
        "gradient shares": _join((term, f"{_number(_mean(logs, part, _share(term)), 1)}%") for term in terms),
        "features between frames": _number(_mean(logs, part, _plain("features_between_frames")), 3),
    }


def _mean(logs: Sequence[TrainingLog], part: str, value: Any) -> float:
    return float(np.mean([value(log, log.parts()[part]) for log in logs]))


def _plain(key: str) -> Any:
    return lambda log, part: log.mean(key, part)


def _raw(term: str) -> Any:
    """The term without its weight (nan where the weight is 0)."""
    return lambda log, part: log.mean(term, part) / (log.weights.get(term, 1.0) or float("nan"))


def _share(term: str) -> Any:
    def percent(log: TrainingLog, part: tuple[float, float]) -> float:
        return 100 * log.mean(GRADIENT + term, part) / (log.mean(GRADIENT + MAIN, part) or float("nan"))

    return percent


def _step_ms(log: TrainingLog, part: tuple[float, float]) -> float:
    return 1000 * log.recipe.training.batch / log.mean("clips_per_second", part)


def _error(logs: Sequence[TrainingLog], part: str, term: str) -> str:
    """A loss in mm where it is a length."""
    value = _mean(logs, part, _raw(term))
    return f"{1000 * value:.1f} mm" if logs[0].recipe.loss.name == "mpjpe" else _number(value, 4)


def _number(value: float, digits: int) -> str:
    return "" if np.isnan(value) else f"{value:.{digits}f}"


def _join(pairs: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in pairs)


def draw_curves(path: Path, logs: Mapping[str, Sequence[TrainingLog]]) -> None:
    """Training loss over steps, a line a variant; points: the error on a held-out training subject."""
    import matplotlib as mpl

    mpl.use("Agg", force=False)
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.5))
    for name, of_seeds in logs.items():
        steps, values = _curve(of_seeds, MAIN)
        line = axes.plot(steps, values, label=name, linewidth=1.2)[0]
        steps, values = _curve(of_seeds, VALIDATION)
        axes.plot(steps, values / 1000, "o--", color=line.get_color(), markersize=4, linewidth=0.8)
    axes.set_yscale("log")
    axes.set_xlabel("step (points: error on the held-out training subject, m)")
    axes.set_ylabel("loss of the lifter's pose")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _curve(logs: Sequence[TrainingLog], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps at which all seeds logged a number, and its means over seeds."""
    by_seed = [{row["step"]: row[key] for row in log.rows if key in row} for log in logs]
    steps = sorted(set.intersection(*map(set, by_seed)))
    return np.array(steps), np.array([np.mean([seed[step] for seed in by_seed]) for step in steps])
