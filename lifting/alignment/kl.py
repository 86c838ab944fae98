"""The divergence that pulls pose features and text-aligned features together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posecap.errors import unknown_name

AXES = ("channel", "joint", "frame")
DIRECTIONS = ("pose_trans", "trans_pose", "symmetric")
REDUCTIONS = ("token", "element", "frame")
GRADIENTS = ("both", "pose", "trans", "none")


class FeatureDivergence(nn.Module):
    """KL between features made into distributions by a softmax.

    The method's paper writes KL(f_pose, f_trans) and leaves the rest open. Each choice is an option;
    the defaults are the most literal reading:

    axis: what the softmax runs over. `channel` (default): the C channels of each token, since a
        token is what both networks describe and its channels are what it is described by. `joint`:
        the J joints, each channel by itself. `frame`: all J x C values of a frame at once.
    direction: `pose_trans` (default): KL(P || Q) = sum P log(P / Q) with P from f_pose and Q from
        f_trans, the order of the arguments as written. `trans_pose`: the other; `symmetric`: their mean.
    reduction: `token` (default): the mean over distributions, i.e. each distribution's sum counts
        whole, as KL is defined; `element`: that, divided by the length of the softmax axis (what a
        plain mean over all elements gives: nearly nothing over hundreds of channels); `frame`: the
        sum over a frame's distributions, mean over frames.
    temperature: features are divided by it before the softmax (default 1).
    gradient: where gradients flow: `both` (default, nothing is said to be constant), `pose` (f_trans
        is a constant target), `trans` (f_pose is a constant target: the backbone is then pulled only
        through the queries), `none`.
    normalize: whether each token's features are first brought to mean 0 and variance 1 (default no).
        Shrunk features give the same distribution everywhere, the cheapest agreement there is;
        normalised ones cannot shrink.

    With the defaults the gradient on the lifter begins near the size of the main one in metres, and
    pulls features to the trivial agreement of all frames (small pilot: 40% of the main gradient at
    first, and features that hardly differ between frames). `gradient="trans"` or a small alpha avoid it.
    """

    def __init__(
        self,
        axis: str = "channel",
        direction: str = "pose_trans",
        reduction: str = "token",
        temperature: float = 1.0,
        gradient: str = "both",
        normalize: bool = False,
    ) -> None:
        super().__init__()
        choices = (
            ("axis", axis, AXES),
            ("direction", direction, DIRECTIONS),
            ("reduction", reduction, REDUCTIONS),
            ("gradient", gradient, GRADIENTS),
        )
        for option, chosen, known in choices:
            if chosen not in known:
                raise unknown_name(f"kl {option}", chosen, known)
        self.axis, self.direction, self.reduction = axis, direction, reduction
        self.temperature, self.gradient, self.normalize = temperature, gradient, normalize

    def forward(self, f_pose: Tensor, f_trans: Tensor, weight: Tensor) -> Tensor:
        """Scalar divergence of features (B, F, J, C), frames weighted by weight (B, F); 0 if none counts."""
        if self.gradient in ("trans", "none"):
            f_pose = f_pose.detach()
        if self.gradient in ("pose", "none"):
            f_trans = f_trans.detach()
        # exponentials of half types are too coarse for a difference of logarithms
        log_pose, log_trans = self._log_softmax(f_pose.float()), self._log_softmax(f_trans.float())
        by_frame = self._reduce(self._divergence(log_pose, log_trans))
        weight = weight.to(by_frame.dtype)
        return (by_frame * weight).sum() / weight.sum().clamp(min=torch.finfo(by_frame.dtype).eps)

    def _log_softmax(self, features: Tensor) -> Tensor:
        """(B, F, distributions, length)."""
        if self.normalize:
            features = F.layer_norm(features, features.shape[-1:])
        if self.axis == "joint":
            features = features.transpose(-1, -2)
        elif self.axis == "frame":
            features = features.flatten(-2).unsqueeze(-2)
        return (features / self.temperature).log_softmax(dim=-1)

    def _divergence(self, log_pose: Tensor, log_trans: Tensor) -> Tensor:
        difference = log_pose - log_trans
        if self.direction == "pose_trans":
            return log_pose.exp() * difference
        if self.direction == "trans_pose":
            return -log_trans.exp() * difference
        return (log_pose.exp() - log_trans.exp()) * difference / 2

    def _reduce(self, divergence: Tensor) -> Tensor:
        """(B, F) from (B, F, distributions, length)."""
        if self.reduction == "element":
            return divergence.mean((-2, -1))
        by_distribution = divergence.sum(-1)
        return by_distribution.sum(-1) if self.reduction == "frame" else by_distribution.mean(-1)
