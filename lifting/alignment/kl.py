"""The divergence that pulls pose features and text-aligned features together."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lifting.alignment.divergence import divergence
from posecap.errors import unknown_name
from posecap.options import Positive

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
        temperature: Positive = 1.0,
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
        pose, trans = self._logits(f_pose.float()), self._logits(f_trans.float())
        by_frame = self._reduce(self._divergence(pose, trans), pose.shape[-1])
        weight = weight.to(by_frame.dtype)
        return (by_frame * weight).sum() / weight.sum().clamp(min=torch.finfo(by_frame.dtype).eps)

    def _logits(self, features: Tensor) -> Tensor:
        """(B, F, distributions, length)."""
        if self.normalize:
            features = F.layer_norm(features, features.shape[-1:])
        if self.axis == "joint":
            features = features.transpose(-1, -2)
        elif self.axis == "frame":
            features = features.flatten(-2).unsqueeze(-2)
        return features if self.temperature == 1 else features / self.temperature

    def _divergence(self, pose: Tensor, trans: Tensor) -> Tensor:
        """(B, F, distributions)."""
        if self.direction == "pose_trans":
            return divergence(pose, trans)
        if self.direction == "trans_pose":
            return divergence(trans, pose)
        return (divergence(pose, trans) + divergence(trans, pose)) / 2

    def _reduce(self, by_distribution: Tensor, length: int) -> Tensor:
        """(B, F) from (B, F, distributions), each of `length` values."""
        if self.reduction == "frame":
            return by_distribution.sum(-1)
        mean = by_distribution.mean(-1)
        return mean / length if self.reduction == "element" else mean
