"""A picture of how often each category occurs, coloured by its mark; Matplotlib loads with this module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from posecap.errors import InputError
from posecap.mining.occurrence import Occurrence

COLORS = {
    "told": "#00798c",
    "rare": "#edae49",
    "support": "#7768ae",
    "not told": "#b8b8b8",
    "ignored": "#e6e4de",
}
INK = {"told": "white", "support": "white"}
WIDTHS = (6.0, 1.7)  # inches of the panel of all frames, and of each action's
ROW = 0.19  # inches of a posecode
NAMED_FROM = 0.11  # share from which a category's name fits into its bar


def draw_occurrences(rows: Sequence[Occurrence], path: str | Path, title: str = "") -> None:
    """Write a PNG: a panel for all frames, then one an action, a stacked bar a posecode.

    `rows` as `occurrences` gives them; InputError where `path` does not end in .png.
    """
    if Path(path).suffix.lower() != ".png":
        raise InputError(f"{path}: expected a name that ends in .png")
    panels: dict[str, dict[str, list[Occurrence]]] = {}
    for row in rows:
        panels.setdefault(row["action"], {}).setdefault(_name(row), []).append(row)
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    widths = [WIDTHS[0], *([WIDTHS[1]] * (len(panels) - 1))]
    figure = Figure(figsize=(sum(widths) + 4, len(names) * ROW + 1.4), layout="constrained")
    axes: Any = figure.subplots(1, len(panels), sharey=True, squeeze=False, width_ratios=widths)[0]
    for index, (axis, (action, panel)) in enumerate(zip(axes, panels.items(), strict=True)):
        _draw_panel(axis, names, panel, named=index == 0)
        axis.set_title(action or "all frames", fontsize=9)
    axes[0].set_yticks(range(len(names)), names, fontsize=6)
    axes[0].set_ylim(len(names) - 0.4, -0.6)
    figure.suptitle(title)
    keys = [Patch(color=color, label=mark) for mark, color in COLORS.items()]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8)
    figure.savefig(path, dpi=110)


def _name(row: Occurrence) -> str:
    return f"{row['kind']}({', '.join(row['joints'])})"


def _draw_panel(axis: Axes, names: list[str], panel: dict[str, list[Occurrence]], named: bool) -> None:
    for place, name in enumerate(names):
        start = 0.0
        for row in panel.get(name, ()):
            share = row["share"]
            axis.barh(
                place, share, 0.8, left=start, color=COLORS[row["mark"]], edgecolor="white", linewidth=0.5
            )
            if named and share >= NAMED_FROM:
                axis.text(
                    start + share / 2, place, row["category"], color=INK.get(row["mark"], "black"),
                    ha="center", va="center", fontsize=5,
                )  # fmt: skip
            start += share
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.5, 1], ["0", "50%", "100%"], fontsize=6)
    axis.tick_params(length=0)
    for side in axis.spines.values():
        side.set_visible(False)
