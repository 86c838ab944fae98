"""Stick figures with matplotlib: one pose in 3D, one pose in 2D. Load this module only where it draws."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from mpl_toolkits.mplot3d.axes3d import Axes3D

from posecap.skeletons import Skeleton

LEFT, RIGHT, MIDDLE, TRUTH = "#d1495b", "#00798c", "#30323d", "#b8b8b8"
"""Colours of the body's left side, right side and middle, and of a reference pose."""


def bones(skeleton: Skeleton) -> list[tuple[int, int, str]]:
    """(parent, child, colour) of every bone."""
    return [
        (parent, child, _side_color(skeleton.joints[child]))
        for child, parent in enumerate(skeleton.parents)
        if parent >= 0
    ]


def _side_color(joint: str) -> str:
    return LEFT if joint.startswith("left_") else RIGHT if joint.startswith("right_") else MIDDLE


def draw_pose_3d(
    axes: Axes3D, pose: np.ndarray, skeleton: Skeleton, color: str | None = None, width: float = 2.0
) -> None:
    """Draw pose (J, 3), z up, metres, on a 3D axes; one `color` for all bones, or one a side."""
    for parent, child, side in bones(skeleton):
        axes.plot(*pose[[parent, child]].T, color=color or side, linewidth=width, solid_capstyle="round")


def frame_pose_3d(axes: Axes3D, *poses: np.ndarray, azimuth: float = -60.0, elevation: float = 12.0) -> None:
    """Same scale on the three axes of a 3D plot, around all `poses` (J, 3); no decoration but the floor."""
    points = np.concatenate(poses)
    center, reach = (points.max(0) + points.min(0)) / 2, float(np.ptp(points, axis=0).max()) / 2 * 1.02
    for name, middle in zip("xyz", center, strict=True):
        getattr(axes, f"set_{name}lim")(middle - reach, middle + reach)
        getattr(axes, f"set_{name}ticks")([])
    axes.set_box_aspect((1, 1, 1), zoom=1.35)
    axes.view_init(elev=elevation, azim=azimuth)
    axes.xaxis.pane.set_visible(False)
    axes.yaxis.pane.set_visible(False)
    axes.zaxis.pane.set_alpha(0.4)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.line.set_visible(False)


def draw_pose_2d(axes: Axes, pose: np.ndarray, skeleton: Skeleton, width: float = 2.0) -> None:
    """Draw pose (J, 2), pixels, y down."""
    for parent, child, side in bones(skeleton):
        axes.plot(*pose[[parent, child]].T, color=side, linewidth=width, solid_capstyle="round")
    axes.scatter(pose[:, 0], pose[:, 1], s=6, color=MIDDLE, zorder=3)
    axes.set_aspect("equal")
    if not axes.yaxis_inverted():
        axes.invert_yaxis()
    axes.set_xticks([])
    axes.set_yticks([])
