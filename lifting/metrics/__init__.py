"""Metrics of the field. Poses are in metres, root-relative; errors come out in metres, PCK, AUC in percent.

`pred` and `target` are (..., F, J, 3), tensors or arrays. `weight` (..., F) tells how much a frame
counts (0: not at all). Means are over joints, then over frames; the root counts, with error 0.
"""

from __future__ import annotations

from lifting.metrics.mpjpe import joint_errors, mpjpe, per_axis_error, per_joint_mpjpe, per_region_mpjpe
from lifting.metrics.mpjve import mpjve, mpjve_across_clips
from lifting.metrics.multi import j_agg, j_best, p_agg, p_best
from lifting.metrics.n_mpjpe import n_mpjpe, rescale
from lifting.metrics.p3 import HARD_ACTIONS, p3
from lifting.metrics.p_mpjpe import p_mpjpe, procrustes
from lifting.metrics.pck import AUC_THRESHOLDS, PCK_THRESHOLD, SCORED_JOINTS_3DHP, auc, pck

METRICS = {
    "mpjpe": mpjpe,
    "p_mpjpe": p_mpjpe,
    "n_mpjpe": n_mpjpe,
    "mpjve": mpjve,
    "mpjve_across_clips": mpjve_across_clips,
    "pck": pck,
    "auc": auc,
}

__all__ = [
    "AUC_THRESHOLDS",
    "HARD_ACTIONS",
    "METRICS",
    "PCK_THRESHOLD",
    "SCORED_JOINTS_3DHP",
    "auc",
    "j_agg",
    "j_best",
    "joint_errors",
    "mpjpe",
    "mpjve",
    "mpjve_across_clips",
    "n_mpjpe",
    "p3",
    "p_agg",
    "p_best",
    "p_mpjpe",
    "pck",
    "per_axis_error",
    "per_joint_mpjpe",
    "per_region_mpjpe",
    "procrustes",
    "rescale",
]
