"""A whole training run: setup, fit, validate."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import torch

from lifting.alignment import alignment_class
from lifting.data import Clips, ClipSource, ShardSource
from lifting.data.reading import Reading, choose_reading
from lifting.data.written import Span
from lifting.evaluation.scores import mean_error
from lifting.memory import kept_memory
from lifting.recipes import Recipe
from lifting.runs import (
    CHECKPOINT,
    MODEL_FILE,
    SELECTED,
    Run,
    RunInfo,
    create_run,
    open_run,
    replace_folder,
    save_tensors,
    versions,
)
from lifting.training.averaging import Averager
from lifting.training.config import TrainConfig
from lifting.training.fit import Fit, Listener, fit
from lifting.training.identity import check_same_run
from lifting.training.log import Log
from lifting.training.ranks import Ranks, choose_device, find_ranks
from lifting.training.setup import (
    build_learner,
    build_loader,
    training_clips,
    training_rates,
    training_subjects,
    validation_subject,
    windows_of,
)
from lifting.training.text import TextSource, text_of_shards
from lifting.training.told import told_source, with_video_subjects
from posecap.errors import InputError
from posecap.shards.store import address_of

MAPPED = "clips"


def train(
    config: TrainConfig,
    listener: Listener | None = None,
    source: ClipSource | None = None,
    text: TextSource | None = None,
) -> Run:
    """Trains as `config` says and gives the run; `listener` hears a Report every few steps.

    source and text are read from the shards of `config.features` unless they are given. Raises
    InputError for what the user can mend: names, data that do not fit, a folder that is taken.
    """
    config = with_video_subjects(config)
    device = choose_device(config.device)
    ranks = find_ranks(device)
    if source is None:
        source, text = open_features(config, device)
    source = told_source(source, config)
    with kept_memory():
        _fit(setup(config, source, text, device, ranks, listener), config, ranks)
    return open_run(config.out)


def check_training(config: TrainConfig) -> None:
    """InputError where `train` would refuse names or data before its first step; nothing is written."""
    device = choose_device(config.device)
    source, text = open_features(config, device)
    training_clips(config.recipe, source)
    build_learner(config.recipe, len(source.mirror_joints), text, device, Ranks(), config.seed)


def _fit(fitting: Fit, config: TrainConfig, ranks: Ranks) -> None:
    try:
        with _leaving_nothing_unbegun(config, ranks):
            fit(fitting)
    finally:
        if fitting.log is not None:
            fitting.log.close()
        ranks.wait()
        shutil.rmtree(config.out / MAPPED, ignore_errors=True)


@contextmanager
def _leaving_nothing_unbegun(config: TrainConfig, ranks: Ranks) -> Iterator[None]:
    """Removes the folder that this run has made if it ends without a checkpoint by what the user can mend."""
    try:
        yield
    except InputError:
        if ranks.is_first and not config.resume and not (config.out / CHECKPOINT).exists():
            shutil.rmtree(config.out)
        raise


def open_features(config: TrainConfig, device: torch.device) -> tuple[ClipSource, TextSource | None]:
    """The shards as the recipe's alignment needs them."""
    choice = config.recipe.alignment
    stated = bool(config.recipe.supervision.subjects_captions)
    if choice.name == "none" and not stated:
        return ShardSource(config.features, config.keypoints), None
    if stated and choice.granularity == "caption":
        raise InputError("captions can supervise only where the alignment reads sentences or tokens")
    reading = alignment_class(str(choice.options.get("of", choice.name)))
    needs_features = choice.name != "none" and getattr(reading, "needs_features", True)
    if choice.granularity == "caption" and choice.name != "none" and not needs_features:
        raise InputError(f"alignment {choice.name} reads statements: granularity caption has none")
    granularity = "caption" if choice.granularity == "caption" else "sentence"
    categories = choice.options.get("source") == "categories"
    source = ShardSource(config.features, config.keypoints, granularity, categories)
    text, source.encoder = text_of_shards(source.shards, choice, device, needs_features)
    return source, text


def setup(
    config: TrainConfig,
    source: ClipSource,
    text: TextSource | None,
    device: torch.device,
    ranks: Ranks,
    listener: Listener | None = None,
) -> Fit:
    """All parts of a run, at its start or where its last checkpoint left it."""
    recipe = config.recipe
    joints = len(source.mirror_joints)
    training_clips(recipe, source)  # so that a mistake is told before anything is written
    learner = build_learner(recipe, joints, text, device, ranks, config.seed)
    if ranks.is_first:
        _open_folder(config, source, joints)
    with _leaving_nothing_unbegun(config, ranks):
        reading = _read(config, source, ranks)
        clips = training_clips(recipe, reading.source, keep=reading.keep)
    averager = None if recipe.training.ema is None else Averager(learner.model, recipe.training.ema)
    loader = build_loader(clips, recipe, ranks, config.seed, reading.block)
    fitting = Fit(learner, loader, config.out, None, averager, listener=listener)
    fitting.validate = _validation(fitting, recipe, source)
    if config.resume:
        fitting.resume()
    if ranks.is_first:
        with _leaving_nothing_unbegun(config, ranks):
            fitting.log = Log(config.out, keep_until=fitting.step, tensorboard=config.tensorboard)
    return fitting


def _read(config: TrainConfig, source: ClipSource, ranks: Ranks) -> Reading:
    """The first process maps the data, if they are to be mapped, the others find them mapped."""
    training = config.recipe.training
    told = source, training.stream, training.block, config.out / MAPPED
    reading = choose_reading(*told) if ranks.is_first else None
    ranks.wait()
    return choose_reading(*told) if reading is None else reading


def _open_folder(config: TrainConfig, source: ClipSource, joints: int) -> None:
    info = RunInfo(
        recipe=config.recipe,
        joints=joints,
        features=address_of(config.features),
        features_sha256=getattr(source, "sha256", None),
        data_sha256=getattr(source, "data_sha256", None),
        keypoints=getattr(source, "keypoints", config.keypoints),
        skeleton=getattr(source, "skeleton", "h36m17"),
        encoder=getattr(source, "encoder", None),
        seed=config.seed,
        train_subjects=training_subjects(config.recipe, source),
        fps=training_rates(config.recipe, source),
        captions_sha256=_hash_of(config.written),
        videos=() if config.videos is None else config.videos.records,
        versions=versions(),
    )
    if not config.resume:
        create_run(config.out, info)
        return
    check_same_run(open_run(config.out).info, info, config.out)


def _hash_of(written: Mapping[str, Sequence[Span]] | None) -> str | None:
    if written is None:
        return None
    return hashlib.sha256(json.dumps(written, sort_keys=True).encode()).hexdigest()


def _validation(fitting: Fit, recipe: Recipe, source: ClipSource):
    """Error on the held-out training subject, logged; the best weights are kept where the recipe selects."""
    subject = validation_subject(recipe, source)
    if subject is None:
        return None
    windows = replace(windows_of(recipe), stride=None)  # every frame once, whatever training leaves out
    clips = Clips(source, windows, wanted=lambda info: info.subject == subject)

    mirror = torch.from_numpy(source.mirror_joints)

    def validate() -> float:
        error = 0.0
        if fitting.learner.ranks.is_first:
            error = _validate(fitting, clips, mirror)
        fitting.learner.ranks.wait()
        return error

    return validate


def _validate(fitting: Fit, clips: Clips, mirror: torch.Tensor) -> float:
    learner = fitting.learner
    model, averager = learner.model.eval(), fitting.averager
    kept = {key: value.clone() for key, value in model.state_dict().items()} if averager else None
    if averager is not None:
        model.load_state_dict(averager.weights())
    flip = learner.recipe.evaluation.flip
    with torch.random.fork_rng(devices=[learner.device] if learner.device.type == "cuda" else []):
        torch.manual_seed(0)
        error = mean_error(lambda pose_2d: model.predict(pose_2d, flip, mirror), clips, device=learner.device)
    if learner.recipe.training.select == "val" and error < fitting.best:
        weights = model.state_dict()
        replace_folder(fitting.run / SELECTED, lambda folder: save_tensors(folder / MODEL_FILE, weights))
    if kept is not None:
        model.load_state_dict(kept)
    if fitting.log is not None:
        fitting.log.write(fitting.step, validation_mpjpe_mm=1000 * error)
    return error
