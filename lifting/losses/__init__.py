"""Training losses between predicted and true 3D poses, by name.

A loss is a function `(pred, target, weight=None) -> dict of terms` with the weighted sum under
"total"; pred, target (B, F, J, 3) metres, root-relative; weight (B, F) tells which frames count.
"""

from __future__ import annotations

from lifting.losses.mixste import mixste_loss
from lifting.losses.motionbert import motionbert_loss
from lifting.losses.plain import Loss, mpjpe_loss, mse_loss
from lifting.losses.reprojection import scale_free_reprojection
from posecap.errors import unknown_name

LOSSES: dict[str, Loss] = {
    "mpjpe": mpjpe_loss,
    "mse": mse_loss,
    "mixste": mixste_loss,
    "motionbert": motionbert_loss,
}

MOTION_LOSSES = ("mixste", "motionbert")  # of which a term is undefined on a single frame

__all__ = ["LOSSES", "MOTION_LOSSES", "Loss", "build_loss", "scale_free_reprojection"]


def build_loss(name: str) -> Loss:
    """The loss of a name; InputError with the near names where there is none."""
    if name not in LOSSES:
        raise unknown_name("loss", name, LOSSES)
    return LOSSES[name]
