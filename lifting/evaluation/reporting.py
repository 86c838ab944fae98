"""How a data set's errors are reported, from its manifest."""

from __future__ import annotations

from posecap.datasets import Reporting, dataset_names, load_dataset_manifest
from posecap.skeletons import load_skeleton


def reporting_of(dataset: str | None) -> Reporting:
    """Of a data set that is shipped; of any other, MPJPE and P-MPJPE by action."""
    return load_dataset_manifest(dataset).reporting if dataset in dataset_names() else Reporting()


def scored_joints(dataset: str | None, skeleton: str) -> list[int] | None:
    """Joints of the skeleton that PCK and AUC count on a data set; None for all."""
    unscored = reporting_of(dataset).unscored
    if not unscored:
        return None
    joints = load_skeleton(skeleton).joints
    return [index for index, name in enumerate(joints) if name not in unscored]
