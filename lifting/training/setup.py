"""From a configuration to everything a run needs: clips, networks, optimiser."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import nn

from lifting.data import Clips, ClipSource, SequenceInfo, Windows
from lifting.data.loader import Loader
from lifting.evaluation.methods import check_sampling
from lifting.losses import MOTION_LOSSES, build_loss
from lifting.recipes import Recipe, SupervisionChoice
from lifting.runs import build_model
from lifting.training.captions import CaptionSupervision, check_backbone
from lifting.training.facts import TextFacts
from lifting.training.ranks import Ranks
from lifting.training.step import Learner
from lifting.training.text import TextSource
from posecap.errors import InputError, unknown_name

Wanted = Callable[[SequenceInfo], bool]


def training_subjects(recipe: Recipe, source: ClipSource) -> tuple[str, ...]:
    """Subjects that are trained on: with 3D or captions, the held-out one left out."""
    there = list(dict.fromkeys(info.subject for info in source.infos if info.split == "train"))
    chosen = recipe.supervision
    for subject in (*(chosen.subjects_3d or ()), *chosen.subjects_captions):
        if subject not in there:
            raise unknown_name("training subject", subject, there)
    wanted = there if chosen.subjects_3d is None else [*chosen.subjects_3d, *chosen.subjects_captions]
    held_out = validation_subject(recipe, source)
    _check_labelled(there if chosen.subjects_3d is None else chosen.subjects_3d, chosen, held_out)
    return tuple(subject for subject in there if subject in wanted and subject != held_out)


def _check_labelled(labelled: Collection[str], chosen: SupervisionChoice, held_out: str | None) -> None:
    if chosen.subjects_3d == ():
        raise InputError("no subject is named whose 3D is used")
    both = sorted(set(labelled) & set(chosen.subjects_captions))
    if both and chosen.subjects_3d is not None:
        raise InputError(f"subject {both[0]} is named both with 3D and with captions only")
    if labelled and not set(labelled) - {held_out, *chosen.subjects_captions}:
        raise InputError(
            f"no subject is left to train on with 3D: of {', '.join(labelled)}, {held_out} is held out "
            f"and {', '.join(chosen.subjects_captions) or 'none'} have captions only"
        )


def training_rates(recipe: Recipe, source: ClipSource) -> tuple[float, ...]:
    """Frames a second of what is trained on; where there are several, that of the most frames first."""
    subjects, frames = training_subjects(recipe, source), Counter[float]()
    for info in source.infos:
        if info.split == "train" and info.subject in subjects:
            frames[float(info.fps)] += info.num_frames
    return tuple(rate for rate, _ in frames.most_common())


def validation_subject(recipe: Recipe, source: ClipSource) -> str | None:
    """The training subject held out: the one named, or the last where the recipe selects by `val`."""
    told = recipe.supervision.subjects_captions
    with_3d = [info for info in source.infos if info.split == "train" and info.has_3d]
    there = list(dict.fromkeys(info.subject for info in with_3d))
    named = recipe.training.validate_subject
    if named is not None and named not in there:
        raise unknown_name("training subject", named, there)
    if named in told:
        raise InputError(f"subject {named} is named both to hold out and to train on its captions")
    if named is None and recipe.training.select == "val":
        free = [subject for subject in there if subject not in told]
        if len(free) < 2:
            raise InputError("select val: needs at least two training subjects with 3D, one to hold out")
        return free[-1]
    return named


def training_clips(recipe: Recipe, source: ClipSource, keep: int | None = None) -> Clips:
    """The clips of an epoch."""
    subjects = training_subjects(recipe, source)
    clips = Clips(
        source,
        windows_of(recipe),
        wanted=lambda info: info.subject in subjects and info.split == "train",
        flip=recipe.clips.flip,
        unlabelled=recipe.supervision.subjects_captions,
        repeat=_repeats(recipe.supervision, source),
        keep=keep,
    )
    if not len(clips):
        raise InputError("there is nothing to train on: no sequence of the split 'train' is left")
    return clips


def _repeats(chosen: SupervisionChoice, source: ClipSource) -> dict[str, int]:
    """How often the clips of a subject occur: as few among many of the other kind they would be drowned."""
    with_3d = dict.fromkeys(chosen.subjects_3d or (), chosen.repeat_3d) if chosen.subjects_captions else {}
    videos = [info.subject for info in source.infos if not info.has_3d]
    return with_3d | dict.fromkeys(videos, chosen.repeat_videos)


def windows_of(recipe: Recipe) -> Windows:
    """How training clips are cut."""
    return Windows(recipe.clips.frames, recipe.clips.stride, recipe.clips.rate)


def build_learner(
    recipe: Recipe, joints: int, text: TextSource | None, device: torch.device, ranks: Ranks, seed: int
) -> Learner:
    """Networks with weights that follow from the seed; the lifter's do not depend on the text branch."""
    torch.manual_seed(seed)
    model = build_model(recipe, joints).to(device)
    check_sampling(model, recipe.evaluation, recipe.backbone.name)
    if recipe.clips.frames < 2 and recipe.loss.name in MOTION_LOSSES:
        raise InputError(f"loss {recipe.loss.name} compares neighbouring frames: clips.frames is 1")
    alignment = build_text_branch(recipe, model.feature_channels, joints, text, device)
    learner = Learner(recipe, model, alignment, text, build_loss(recipe.loss.name), None, device, ranks)  # type: ignore[arg-type]
    learner.optimizer = torch.optim.AdamW(
        learner.parameters(),
        lr=recipe.optimizer.lr,
        betas=recipe.optimizer.betas,
        weight_decay=recipe.optimizer.weight_decay,
        fused=True,
    )
    if recipe.supervision.subjects_captions:
        check_backbone(model)
        learner.captions = CaptionSupervision(recipe.supervision, _facts(text), device)
    if recipe.training.compile:
        learner.forward = torch.compile(model.training_forward)
    torch.manual_seed(seed + 1 + ranks.rank)
    return learner


def _facts(text: TextSource | None) -> TextFacts:
    if text is None:
        raise InputError("captions cannot supervise: nothing is told of the frames")
    return text.facts


def build_text_branch(
    recipe: Recipe, channels: int, joints: int, text: TextSource | None, device: torch.device
) -> nn.Module | None:
    """The recipe's alignment, or None."""
    if recipe.alignment.name == "none" or text is None:
        return None
    from lifting.alignment import alignment_class, build_alignment

    text.facts.checked_definitions()
    reading = alignment_class(str(recipe.alignment.options.get("of", recipe.alignment.name)))
    known = inspect.signature(reading).parameters
    options: dict[str, Any] = {key: value for key, value in text.facts.options().items() if key in known}
    options |= recipe.alignment.options
    branch = build_alignment(
        recipe.alignment.name, channels=channels, joints=joints, text_dim=text.dimension, **options
    )
    return branch.to(device)


def build_loader(clips: Clips, recipe: Recipe, ranks: Ranks, seed: int, block: int | None) -> Loader:
    """Batches of this process."""
    return Loader(
        clips,
        recipe.training.batch,
        seed=seed,
        rank=ranks.rank,
        world=ranks.world,
        workers=recipe.training.workers,
        block=block,
    )
