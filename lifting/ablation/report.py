"""The report of an ablation: means, spread, paired differences; by metric, region and axis."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lifting.ablation.bootstrap import Difference, paired_difference
from lifting.ablation.grid import Grid
from lifting.ablation.published import published_numbers
from lifting.ablation.seen import TrainingLog, draw_curves, seen_in_training
from lifting.evaluation.results import Results, rows_to_markdown
from lifting.metrics.mpjpe import REGIONS_H36M
from lifting.runs import write_json

if TYPE_CHECKING:
    from lifting.ablation.run import AblationConfig

METRICS = ("MPJPE", "P-MPJPE", "N-MPJPE")
AXES = ("x", "y", "z")
REGIONS = tuple(REGIONS_H36M)


@dataclass(frozen=True)
class Comparison:
    """Errors over all frames by variant, metric and seed, and differences to what each is compared with.

    against: the variant that each variant is compared with; a reference stands for itself.
    """

    against: dict[str, str]
    values: dict[str, dict[str, list[float]]]
    differences: dict[str, dict[str, Difference]]
    protocol: dict[str, Any]
    training: list[dict[str, str]] = field(default_factory=list)

    def table(self, metrics: tuple[str, ...]) -> list[dict[str, str]]:
        """A record a variant: mean and spread over seeds, and the paired difference of each metric."""
        return [{"variant": name, **self._cells(name, metrics)} for name in self.values]

    def _cells(self, name: str, metrics: tuple[str, ...]) -> dict[str, str]:
        cells = {}
        for metric in metrics:
            values = np.array(self.values[name][metric])
            spread = f" ± {values.std(ddof=1):.2f}" if len(values) > 1 else ""
            cells[metric] = f"{values.mean():.2f}{spread}"
            found = self.differences.get(name)
            cells[f"{metric} minus {self.reference}"] = "" if found is None else str(found[metric])
        return cells

    @property
    def reference(self) -> str:
        """What the differences are to, for a table's head."""
        names = set(self.against.values())
        return names.pop() if len(names) == 1 else min(names).split(", ", 1)[-1]


def compare(
    found: dict[str, list[Results]], against: dict[str, str], logs: dict[str, list[TrainingLog]]
) -> Comparison:
    """Compares the variants' results, one a seed, over the sequences that all have, beside their logs.

    against: the variant that each is compared with, a reference with itself.
    """
    first = next(iter(found.values()))[0]
    sequences = list(first.sequences)
    frames = np.array([first.sequences[name]["frames"] for name in sequences])
    metrics = (*METRICS, *REGIONS, *AXES)
    errors = {
        name: {metric: _matrix(results, sequences, metric) for metric in metrics}
        for name, results in found.items()
    }
    values = {
        name: {metric: list((each[metric] @ frames) / frames.sum()) for metric in metrics}
        for name, each in errors.items()
    }
    differences = {
        name: {m: paired_difference(each[m], errors[against[name]][m], frames) for m in metrics}
        for name, each in errors.items()
        if name != against[name]
    }
    return Comparison(against, values, differences, first.protocol, seen_in_training(logs))


def _matrix(results: list[Results], sequences: list[str], metric: str) -> np.ndarray:
    """(seeds, sequences) errors."""
    return np.array([[result.sequences[name][metric] for name in sequences] for result in results])


def write_report(
    out: Path,
    grid: Grid,
    comparison: Comparison,
    config: AblationConfig,
    logs: dict[str, list[TrainingLog]],
) -> None:
    """report.md, report.json, a bar chart of the regions and the learning curves in `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.md").write_text(markdown(grid, comparison, config), encoding="utf-8")
    write_json(out / "report.json", asdict(comparison))
    draw_regions(out / "regions.png", comparison)
    draw_curves(out / "curves.png", logs)


def markdown(grid: Grid, comparison: Comparison, config: AblationConfig) -> str:
    """The report as text."""
    protocol = comparison.protocol
    data = f"{protocol['keypoints']} 2D of {protocol['shards']}, split {protocol['split']}"
    data += f" (subjects {', '.join(protocol['subjects'])})"
    recipes = " ".join([", ".join(config.recipes), *config.overrides])
    seeds = "1 seed" if config.seeds == 1 else f"{config.seeds} paired seeds"
    return "\n".join(
        [
            f"# Ablation: {grid.name}\n",
            f"{grid.description}.\n",
            f"Recipe {recipes}; {data}; {seeds}; every frame once; mm.\n",
            "± is the standard deviation over seeds; brackets hold the 95% interval of the paired difference "
            f"to '{comparison.reference}', bootstrapped over sequences and seeds.\n",
            rows_to_markdown(comparison.table(METRICS)),
            "By region of the body (R1 head, R2 left arm, R3 right arm, R4 left leg, R5 right leg)\n",
            rows_to_markdown(comparison.table(REGIONS)),
            "Along the axes of the camera (x right, y down, z depth), mean absolute error\n",
            rows_to_markdown(comparison.table(AXES)),
            "What was seen in training: means over seeds; terms without their weights; gradients at the "
            "backbone's features in percent of the main one; the share of the features' variance that lies "
            "between frames. Learning curves: curves.png\n",
            rows_to_markdown(comparison.training),
            *_published(protocol.get("dataset")),
        ]
    )


def _published(dataset: str | None) -> list[str]:
    """The published numbers of the data set, as a part of the report."""
    found = published_numbers(dataset)
    if found is None:
        return []
    return [
        f"**Published, not measured here**: {found.description}. Other data, 2D, length of training and "
        "protocol: no number above can be compared with these.\n",
        rows_to_markdown(found.table()),
    ]


def draw_regions(path: Path, comparison: Comparison) -> None:
    """A bar chart: the error of every region, a bar a variant."""
    import matplotlib as mpl

    mpl.use("Agg", force=False)
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4))
    width = 0.8 / len(comparison.values)
    for index, (name, values) in enumerate(comparison.values.items()):
        heights = [np.mean(values[region]) for region in REGIONS]
        places = np.arange(len(REGIONS)) + (index - (len(comparison.values) - 1) / 2) * width
        axes.bar(places, heights, width, label=name)
    axes.set_xticks(np.arange(len(REGIONS)), ["head", "left arm", "right arm", "left leg", "right leg"])
    axes.set_ylabel("MPJPE, mm")
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
