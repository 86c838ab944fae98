"""Ablations: a grid of variants over several seeds, one run folder each, and the table of what differs."""

from lifting.ablation.grid import Grid, grid_names, load_grid
from lifting.ablation.report import Comparison, compare
from lifting.ablation.run import AblationConfig, ablate

__all__ = [
    "AblationConfig",
    "Comparison",
    "Grid",
    "ablate",
    "compare",
    "grid_names",
    "load_grid",
]
