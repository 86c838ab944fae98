"""From the checkpoints of public implementations to backbones and run folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lifting.weights.checkpoint import read_checkpoint
from posecap.errors import InputError, unknown_name
from posecap.options import check_options

if TYPE_CHECKING:
    from lifting.backbones import Lifter
    from lifting.runs import Run

# whose checkpoint it is: the backbone, and the recipe its run is given
FAMILIES = {"mixste": "mixste", "d3dp": "d3dp", "motionbert": "dstformer"}
# where the weights lie inside the file, the most common first; a bare state dict is taken as it is
STATE_KEYS = ("model_pos", "state_dict", "model")


def read_public_weights(path: str | Path) -> dict[str, Tensor]:
    """The state dict in a checkpoint, by its own key names; InputError where there is none."""
    content = read_checkpoint(path)
    if not isinstance(content, Mapping):
        raise InputError(f"{path}: holds no dictionary of weights")
    inside = next((content[key] for key in STATE_KEYS if isinstance(content.get(key), Mapping)), content)
    strange = [key for key, value in inside.items() if not (isinstance(key, str) and torch.is_tensor(value))]
    if strange or not inside:
        what = f"'{strange[0]}' is no tensor" if strange else "it is empty"
        raise InputError(f"{path}: holds no dictionary of weights: {what}")
    return dict(inside)


def import_public(
    family: str,
    path: str | Path,
    out: str | Path | None = None,
    options: Mapping[str, Any] | None = None,
) -> Lifter:
    """The lifter in a public checkpoint, in evaluation mode.

    Args:
        family: whose layout the file has: mixste, d3dp or motionbert.
        path: the checkpoint; see `lifting.weights.checkpoint` for what is read of it.
        out: folder for a run that `lift eval` and `lift predict` take; nothing is written if None.
        options: build options that tensors do not tell, such as heads (8 by default).
    """
    from lifting.backbones import backbone_class, import_weights

    if family not in FAMILIES:
        raise unknown_name("family of checkpoints", family, FAMILIES)
    name = FAMILIES[family]
    config = check_options(f"backbone {name}", backbone_class(name), options or {})
    state = read_public_weights(path)
    try:
        model = import_weights(name, state, **config).freeze()
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    if out is not None:
        _write(out, name, model, state, config)
    return model


def _write(
    out: str | Path, name: str, model: Lifter, state: Mapping[str, Tensor], config: Mapping[str, Any]
) -> Run:
    from lifting.recipes import load_recipe
    from lifting.runs import write_run

    options = type(model).sizes_of(type(model).rename_public_keys(state)) | dict(config)
    frames = options.pop("frames")
    options.pop("joints")
    recipe = load_recipe(name, backbone={"options": options}, clips={"frames": frames, "stride": None})
    return write_run(out, recipe, model)
