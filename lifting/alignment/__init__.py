"""Alignments: what text, or what text says, does for a lifter in training. At test time none of it exists.

An alignment is one file with one class, an `Alignment`. The training loop calls every one of them
alike, `alignment(features, text, pose)`, and adds what it answers to the loss of the predicted pose;
it does not know which it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from lifting.alignment.alignment import Alignment, AlignmentOutput, TextBatch
from posecap.errors import unknown_name
from posecap.options import check_options

__all__ = ["ALIGNMENTS", "Alignment", "AlignmentOutput", "TextBatch", "alignment_class", "build_alignment"]

FILLED = ("channels", "joints", "text_dim")  # what a run gives every alignment
ALIGNMENTS = {
    "none": "lifting.alignment.none:NoAlignment",
    "cm": "lifting.alignment.cm:CrossModality",
    "fc": "lifting.alignment.fc:FullyConnected",
    "tf": "lifting.alignment.tf:TextTransformer",
    "posecode": "lifting.alignment.posecode:PosecodeClassifier",
    "consistency": "lifting.alignment.consistency:Consistency",
    "shuffled": "lifting.alignment.shuffled:Shuffled",
    "random": "lifting.alignment.random:RandomFeatures",
}


def alignment_class(name: str) -> Callable[..., Alignment]:
    """The class of an alignment; InputError with the near names where there is none."""
    if name not in ALIGNMENTS:
        raise unknown_name("alignment", name, ALIGNMENTS)
    module, attribute = ALIGNMENTS[name].split(":")
    return getattr(import_module(module), attribute)


def build_alignment(name: str, /, *, channels: int, joints: int, text_dim: int, **options: Any) -> Alignment:
    """An alignment with fresh weights.

    Args:
        channels: C, the width of the backbone's features (`Lifter.feature_channels`).
        joints: J.
        text_dim: D, the width of the text features.
        options: arguments of the alignment's class.

    Raises InputError for an unknown name or option, and for one of another type or size.
    """
    cls = alignment_class(name)
    checked = check_options(f"alignment {name}", cls, options, FILLED)
    return cls(channels=channels, joints=joints, text_dim=text_dim, **checked)
