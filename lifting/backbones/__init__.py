"""Backbones: networks from 2D poses to 3D poses, by name.

A backbone is one file with one class, a `Lifter`; the class knows its options, the key names of the
public implementation and how to read its own sizes from a state dict.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from torch import Tensor

from lifting.backbones.lifter import Lifter, LifterOutput
from posecap.errors import InputError, unknown_name
from posecap.options import check_options

__all__ = ["BACKBONES", "Lifter", "LifterOutput", "backbone_class", "build", "import_weights"]

BACKBONES = {
    "mixste": "lifting.backbones.mixste:MixSTE",
    "d3dp": "lifting.backbones.d3dp:D3DP",
    "dstformer": "lifting.backbones.dstformer:DSTformer",
}


def backbone_class(name: str) -> type[Lifter]:
    """The class of a backbone; InputError with the near names where there is none."""
    if name not in BACKBONES:
        raise unknown_name("backbone", name, BACKBONES)
    module, attribute = BACKBONES[name].split(":")
    return getattr(import_module(module), attribute)


def build(name: str, /, **config: Any) -> Lifter:
    """A backbone with fresh weights: `build("mixste", frames=243, channels=512, depth=8)`.

    Options are the arguments of the backbone's class. Raises InputError for an unknown name or option,
    and for one of another type or size.
    """
    cls = backbone_class(name)
    return cls(**check_options(f"backbone {name}", cls, config))


def import_weights(name: str, state_dict: Mapping[str, Tensor], **config: Any) -> Lifter:
    """A backbone with the weights of its public implementation, given by their original key names.

    Prefixes that wrappers add (`module.`, `pose_estimator.`) are ignored. Sizes that the tensors
    tell (frames, channels, depth, ...) need not be given; the number of heads cannot be told and
    is 8 unless given. Raises InputError that names the missing, left-over or misshapen tensor.
    """
    cls = backbone_class(name)
    renamed = cls.rename_public_keys(state_dict)
    try:
        sizes = cls.sizes_of(renamed)
    except KeyError as error:
        raise InputError(f"these are not weights of {name}: no tensor '{error.args[0]}'") from None
    model = build(name, **(sizes | config))
    _check_tensors(name, renamed, model)
    model.load_state_dict(renamed)
    return model


def _check_tensors(name: str, given: Mapping[str, Tensor], model: Lifter) -> None:
    expected = model.state_dict()
    missing, left_over = sorted(set(expected) - set(given)), sorted(set(given) - set(expected))
    if missing or left_over:
        what = f"no tensor '{missing[0]}'" if missing else f"tensor '{left_over[0]}' has no place"
        raise InputError(f"these are not weights of {name} with this configuration: {what}")
    for key, tensor in given.items():
        if tensor.shape != expected[key].shape:
            shapes = f"{tuple(tensor.shape)}, expected {tuple(expected[key].shape)}"
            raise InputError(f"weights of {name}: tensor '{key}' is {shapes}")
