"""Recipes: everything that decides a training run apart from its data, as validated manifests.

A recipe may say `extends: other` and then states only what differs. `resolve` adds overrides such as
`training.steps=100`, and the resolved recipe is what a run folder keeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, Field, field_validator, model_validator

from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest
from posecap.options import Share

FAMILY = "recipes"


class Choice(Manifest):
    """Base of a recipe's sections: numbers are finite."""

    model_config = ConfigDict(allow_inf_nan=False)


def _without(options: dict[str, Any], told_elsewhere: Mapping[str, str]) -> dict[str, Any]:
    for name, reason in told_elsewhere.items():
        if name in options:
            raise ValueError(f"'{name}' is no option: it {reason}")
    return options


class BackboneChoice(Choice):
    """Which network; options are the arguments of its class in lifting.backbones."""

    name: str = "mixste"
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("options")
    @classmethod
    def _told_elsewhere(cls, options: dict[str, Any]) -> dict[str, Any]:
        return _without(options, {"frames": "is clips.frames", "joints": "is what the data have"})


class ClipChoice(Choice):
    """How views are cut into clips."""

    frames: int = Field(243, ge=1, description="frames of a clip")
    stride: int | None = Field(None, ge=1, description="clip frames between clips; null: frames, no overlap")
    rate: float | None = Field(None, ge=1, description="frames a second that clips keep; null: all")
    flip: bool = Field(True, description="every clip also occurs mirrored in every epoch")


class AlignmentChoice(Choice):
    """What text does in training; options are the arguments of its class in lifting.alignment."""

    name: str = "none"
    options: dict[str, Any] = Field(default_factory=dict)
    granularity: Literal["sentence", "caption", "token"] = "sentence"
    encoder: str | None = Field(None, description="text encoder; null: the first in the shards")
    encoder_sha256: str | None = Field(
        None,
        pattern="^[0-9a-fA-F]{8,64}$",
        description="its weights (first digits do); null: any of that name",
    )
    without_parts: tuple[str, ...] = Field((), description="parts of the body whose statements are withheld")

    @field_validator("options")
    @classmethod
    def _told_elsewhere(cls, options: dict[str, Any]) -> dict[str, Any]:
        told = {"channels": "is the backbone's", "joints": "is what the data have"}
        return _without(options, told | {"text_dim": "is the text encoder's"})


class LossChoice(Choice):
    """The error of a predicted pose, by its name in lifting.losses."""

    name: str = "mpjpe"
    scale_by_itself: bool = Field(
        False, description="gradient of loss² / 2, as MixSTE and D3DP are published"
    )


class OptimizerChoice(Choice):
    """AdamW."""

    lr: float = Field(gt=0)
    weight_decay: float = Field(0.1, ge=0)
    betas: tuple[Share, Share] = (0.9, 0.999)
    clip_gradient: float | None = Field(
        None, gt=0, description="largest norm of the gradient; null: no limit"
    )


class ScheduleChoice(Choice):
    """How the learning rate falls: exponential by epoch, cosine to 0 by step, or not at all."""

    name: Literal["exponential", "cosine", "constant"] = "exponential"
    gamma: float = Field(0.99, gt=0, le=1, description="exponential: factor an epoch")
    warmup_steps: int = Field(0, ge=0)


class TrainingChoice(Choice):
    """How long and how."""

    epochs: int | None = Field(None, ge=1)
    steps: int | None = Field(None, ge=1, description="optimiser steps; null: as the epochs have")
    minutes: float | None = Field(
        None, gt=0, description="end by the clock; such runs cannot be repeated exactly"
    )
    batch: int = Field(ge=1, description="clips a step (of each process)")
    precision: Literal["float32", "bfloat16"] = "float32"
    ema: float | None = Field(None, gt=0, lt=1, description="decay of averaged weights; null: none")
    compile: bool = Field(False, description="torch.compile of the backbone")
    workers: int = Field(0, ge=0, description="processes that prepare clips")
    stream: bool | None = Field(None, description="read clips as they come; null: where the data is large")
    block: int = Field(32, ge=1, description="sequences shuffled together when streaming")
    select: Literal["last", "val"] = "last"
    validate_subject: str | None = Field(None, description="training subject held out to choose by")
    validate_every: int | None = Field(
        None, ge=1, description="epochs, and at the end; null: at the end, or every epoch to select by"
    )
    checkpoint_every: int | None = Field(None, ge=1, description="steps; null: once an epoch")


class SupervisionChoice(Choice):
    """Subjects with 3D labels and subjects with captions only; null: all training subjects have 3D."""

    subjects_3d: tuple[str, ...] | None = None
    subjects_captions: tuple[str, ...] = ()
    repeat_3d: int = Field(
        3, ge=1, description="how often clips with 3D occur in an epoch beside clips without"
    )
    repeat_videos: int = Field(1, ge=1, description="how often clips of videos (--videos) occur in an epoch")
    reprojection: float = Field(0.5, ge=0, description="weight of the scale-free 2D error of the second")
    constraints: float = Field(0.4, ge=0, description="weight of their statements as intervals")
    bones: float = Field(0.5, ge=0, description="weight of their bone lengths, against labelled bodies")
    warmup_steps: int = Field(
        300, ge=0, description="steps over which all three rise from 0: at once they can make limbs collapse"
    )
    penalty: Literal["hinge", "soft"] = "hinge"
    slack: float | None = Field(
        None, ge=0, description="multiples of the captioner's noise that are forgiven; null: 1 if it was used"
    )
    confidence: bool = Field(True, description="joints count in the 2D error by their confidence")
    known_cameras: bool = Field(True, description="project by the shards' intrinsics, or scale")


class EvaluationChoice(Choice):
    """How the run is measured unless `lift eval` is told otherwise."""

    flip: bool = True
    hypotheses: int = Field(1, ge=1)
    steps: int = Field(1, ge=1)
    stride: int | None = Field(None, ge=1, description="overlap of clips whose predictions are averaged")


class Recipe(Choice):
    """A whole recipe."""

    name: str
    description: str
    backbone: BackboneChoice
    clips: ClipChoice
    alignment: AlignmentChoice = Field(default_factory=AlignmentChoice)
    loss: LossChoice = Field(default_factory=LossChoice)
    optimizer: OptimizerChoice
    schedule: ScheduleChoice = Field(default_factory=ScheduleChoice)
    training: TrainingChoice
    supervision: SupervisionChoice = Field(default_factory=SupervisionChoice)
    evaluation: EvaluationChoice = Field(default_factory=EvaluationChoice)

    @model_validator(mode="after")
    def _clips_overlap(self) -> Recipe:
        stride = self.evaluation.stride
        if stride is not None and stride > self.clips.frames:
            raise ValueError(f"evaluation.stride: {stride} is longer than a clip, {self.clips.frames} frames")
        return self


def recipe_names() -> list[str]:
    """Names of the shipped recipes."""
    return manifests.names(FAMILY)


def load_recipe(name: str, overrides: Sequence[str] = (), **sections: Mapping[str, Any]) -> Recipe:
    """The shipped recipe `name`, or a user's `.yaml` file.

    overrides: `section.field=value`, values in YAML; sections: the same as mappings. InputError names
    the file and field, and a field that both tell.
    """
    data, source = _read(name)
    told = _parse_overrides(overrides)
    _check_told_once(told, sections)
    return manifests.validate(Recipe, merge(merge(data, sections), told), source)


def _check_told_once(told: Mapping[str, Any], sections: Mapping[str, Any]) -> None:
    for field in _fields(told):
        if any(field[: len(other)] == other[: len(field)] for other in _fields(sections)):
            name = ".".join(field)
            raise InputError(f"--set {name}: another option or the variant of a grid tells it already")


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """`base` with `changes` laid over it, mapping by mapping.

    Options of a backbone, an alignment or a loss belong to its name: another name drops them.
    """
    kept = dict(base)
    if "options" in base and "name" in changes and changes["name"] != base.get("name"):
        kept.pop("options")
    return _laid_over(kept, changes, merge)


def _laid_over(base: Mapping[str, Any], changes: Mapping[str, Any], join: Any = None) -> dict[str, Any]:
    join, laid = join or _laid_over, dict(base)
    for key, value in changes.items():
        below = laid.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        laid[key] = join(below, value) if both else value
    return laid


def _fields(data: Mapping[str, Any], before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Paths of the fields that are told; null tells nothing."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from _fields(value, (*before, key))
        elif value is not None:
            yield *before, key


def _read(name: str, seen: tuple[Path, ...] = ()) -> tuple[dict[str, Any], str]:
    path = manifests.manifest_path(FAMILY, name, "recipe").resolve()
    if path in seen:
        chain = " extends ".join(one.name for one in (*seen, path))
        raise InputError(f"{path.name}: extends itself ({chain})")
    data = manifests.read_yaml(path)
    if not isinstance(data, dict):
        raise InputError(f"{path.name}: expected a mapping of fields")
    parent = data.pop("extends", None)
    if parent is None:
        return data, path.name
    nested = str(path.parent / parent) if str(parent).endswith((".yaml", ".yml")) else str(parent)
    return merge(_read(nested, (*seen, path))[0], data), path.name


def _parse_overrides(texts: Sequence[str]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for text in texts:
        told = _laid_over(told, _parse_override(text))
    return told


def _parse_override(text: str) -> dict[str, Any]:
    key, sign, value = text.partition("=")
    if not sign or not key:
        raise InputError(f"'{text}': expected section.field=value")
    try:
        changes: Any = yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise InputError(f"'{text}': the value is not valid YAML") from error
    for part in reversed(key.split(".")):
        changes = {part: changes}
    return changes
