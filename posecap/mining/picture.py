"""A picture of how often each category occurs, coloured by its mark; Matplotlib loads with this module."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from posecap.errors import InputError
from posecap.mining.occurrence import Occurrence
from posecap.writing import whole_file

COLORS = {
    "told": "#00798c",
    "rare": "#edae49",
    "support": "#7768ae",
    "not told": "#b8b8b8",
    "ignored": "#e6e4de",
}
INK = {"told": "white", "support": "white"}
UNIT = 1.3  # inches of an action's panel
ALL_UNITS = 4  # width of the panel of all frames
MOST_UNITS = 14  # in one row of panels
ROW = 0.19  # inches of a posecode
NAMED_FROM = 0.11  # share from which a category's name fits into its bar

Panel = dict[str, list[Occurrence]]  # by posecode


def draw_occurrences(rows: Sequence[Occurrence], path: str | Path, title: str = "") -> None:
    """Write a PNG: a panel for all frames, then one an action, a stacked bar a posecode.

    `rows` as `occurrences` gives them; InputError where `path` does not end in .png or cannot be written.
    """
    if Path(path).suffix.lower() != ".png":
        raise InputError(f"{path}: expected a name that ends in .png")
    panels: dict[str, Panel] = {}
    for row in rows:
        panels.setdefault(row["action"], {}).setdefault(_name(row), []).append(row)
    names = list(dict.fromkeys(name for panel in panels.values() for name in panel))
    figure = _draw_panels(panels, names)
    figure.suptitle(title)
    keys = [Patch(color=color, label=mark) for mark, color in COLORS.items()]
    figure.legend(handles=keys, loc="outside lower center", ncols=len(keys), fontsize=8)
    with whole_file(path) as beside:
        figure.savefig(beside, dpi=110)


def _draw_panels(panels: dict[str, Panel], names: list[str]) -> Figure:
    """The panel of all frames (action "") in front, the others beside and below it."""
    spans = [1 if action else ALL_UNITS for action in panels]
    num_rows = -(-sum(spans) // MOST_UNITS)
    units = max(ALL_UNITS, -(-sum(spans) // num_rows))
    size = (4 + UNIT * units, num_rows * (len(names) * ROW + 0.6) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.add_gridspec(num_rows, units)
    place = 0
    for (action, panel), span in zip(panels.items(), spans, strict=True):
        row, column = divmod(place, units)
        axis = figure.add_subplot(grid[row, column : column + span])
        _draw_panel(axis, names, panel, named=not action)
        axis.set_title(action or "all frames", fontsize=9 if not action else 7)
        axis.set_yticks(range(len(names)), names if column == 0 else [""] * len(names), fontsize=6)
        axis.set_ylim(len(names) - 0.4, -0.6)
        place += span
    return figure


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
