"""Running a grid: what is finished is kept, what was cut off goes on, the rest is trained."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lifting.ablation.grid import Changes, load_grid
from lifting.ablation.report import Comparison, compare, write_report
from lifting.ablation.seen import training_log
from lifting.evaluation import EvaluationConfig, Results, evaluate, load_results
from lifting.evaluation.evaluate import RESULTS
from lifting.recipes import Recipe, load_recipe
from lifting.runs import RUN_FILE, check_folder
from lifting.training import Listener, TrainConfig, check_training, train
from posecap.errors import InputError
from posecap.shards import open_shards


@dataclass(frozen=True)
class AblationConfig:
    """grid: name or file; recipes with overrides: what the variants vary; seeds: 0 .. seeds - 1.

    With several recipes every variant is trained with each and compared within it.
    variants: only these (the reference is always among them); split: what is measured.
    """

    features: Path
    out: Path
    grid: str
    recipes: tuple[str, ...] = ("small",)
    overrides: tuple[str, ...] = ()
    seeds: int = 3
    keypoints: str | None = None
    variants: tuple[str, ...] = ()
    split: str = "test"
    device: str = "auto"


def ablate(config: AblationConfig, listener: Listener | None = None, note: Any = None) -> Comparison:
    """Trains and measures every variant with every seed and writes the report into `config.out`.

    Seeds go round before variants, so that paired differences are there early. `note` is told one line
    a run. Raises InputError for names and data that do not fit before anything is trained.
    """
    grid, cases = load_grid(config.grid), resolve_cases(config)
    check_cases(config, cases)
    found: dict[str, list[Results]] = {name: [] for name in cases}
    for seed in range(config.seeds):
        for name, case in cases.items():
            if note is not None:
                note(f"seed {seed}, {name}")
            found[name].append(_one(config, name, case.recipe, seed, listener))
    seeds = range(config.seeds)
    logs = {name: [training_log(run_folder(config, name, seed)) for seed in seeds] for name in cases}
    comparison = compare(found, {name: case.against for name, case in cases.items()}, logs)
    write_report(config.out, grid, comparison, config, logs)
    return comparison


@dataclass(frozen=True)
class Case:
    """A variant of a recipe, and the name of the case that it is compared with."""

    recipe: Recipe
    against: str


def resolve_cases(config: AblationConfig) -> dict[str, Case]:
    """Every variant of every recipe by name, the reference first; with one recipe, named as the variant."""
    if not config.recipes:
        raise InputError("an ablation needs a recipe")
    found: dict[str, Case] = {}
    for recipe in config.recipes:
        for name, case in _of_recipe(config, recipe):
            if folder_of(name) in map(folder_of, found):
                raise InputError(f"two variants would share the folder {folder_of(name)}: rename '{name}'")
            found[name] = case
    return found


def check_cases(config: AblationConfig, cases: dict[str, Case]) -> None:
    """InputError for the first case that could not be trained, or for a split that is not there."""
    splits = {info.split for info in open_shards(config.features).sequence_infos.values()}
    if config.split not in splits:
        raise InputError(
            f"no sequence of the split '{config.split}' is there (found: {', '.join(sorted(splits))})"
        )
    for name, case in cases.items():
        try:
            check_training(_training(config, name, case.recipe, seed=0))
        except InputError as error:
            raise InputError(f"variant '{name}': {error}") from error
        for out in (run_folder(config, name, seed) for seed in range(config.seeds)):
            if (out / RUN_FILE).is_file():
                _check_same(config, out, case.recipe)
            elif out.exists():
                check_folder(out)


def _of_recipe(config: AblationConfig, recipe: str) -> Iterator[tuple[str, Case]]:
    grid, shards = load_grid(config.grid), open_shards(config.features)
    infos = shards.sequence_infos.values()
    subjects = list(dict.fromkeys(info.subject for info in infos if info.split == "train"))
    held_out = load_recipe(recipe, config.overrides).training.validate_subject
    variants = grid.resolve([name for name in subjects if name != held_out], shards.encoders)
    before = "" if len(config.recipes) == 1 else f"{Path(recipe).stem}, "
    for name in _chosen(variants, grid.reference, config.variants):
        resolved = load_recipe(recipe, config.overrides, **variants[name])
        yield before + name, Case(resolved, before + grid.reference)


def _chosen(variants: dict[str, Changes], reference: str, wanted: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in variants:
            raise InputError(f"no variant '{name}' in this grid: {', '.join(variants)}")
    kept = [name for name in variants if not wanted or name in wanted]
    return [reference, *(name for name in kept if name != reference)]


def _one(config: AblationConfig, name: str, recipe: Recipe, seed: int, listener: Listener | None) -> Results:
    """Results of one variant and seed, measured now or before."""
    out = run_folder(config, name, seed)
    measured = out / RESULTS / ("ablation" if config.split == "test" else f"ablation-{config.split}")
    resume = (out / RUN_FILE).is_file()
    if resume and (measured / "results.json").is_file():
        return load_results(measured)
    run = train(replace(_training(config, name, recipe, seed), resume=resume), listener)
    stopped = run.stopped()
    if stopped is not None:
        raise InputError(f"{out}: {stopped}; the same command goes on")
    told = EvaluationConfig(
        run.path, split=config.split, baselines=False, figure=False, device=config.device, out=measured
    )
    return evaluate(told)


def _training(config: AblationConfig, name: str, recipe: Recipe, seed: int) -> TrainConfig:
    out = run_folder(config, name, seed)
    return TrainConfig(config.features, recipe, out, config.keypoints, seed, config.device)


def _check_same(config: AblationConfig, out: Path, recipe: Recipe) -> None:
    """InputError where the folder holds a run of another recipe, of other data or of another text model."""
    from lifting.runs import open_run
    from lifting.training.identity import check_same_model

    info, shards = open_run(out).info, open_shards(config.features)
    if info.recipe != recipe:
        raise InputError(f"{out}: was trained with another recipe; name another folder with --out")
    if config.keypoints not in (None, info.keypoints):
        raise InputError(f"{out}: was trained on {info.keypoints} 2D; name another folder with --out")
    if info.data_sha256 not in (None, shards.manifest.data_sha256()):
        raise InputError(f"{out}: was trained on other shards; name another folder with --out")
    if info.encoder is not None:
        now = shards.feature_record(info.encoder["encoder"], recipe.alignment.granularity)
        check_same_model(info.encoder, now.model_dump(), out)


def run_folder(config: AblationConfig, variant: str, seed: int) -> Path:
    """Where a variant's run with a seed lies."""
    return config.out / folder_of(variant) / f"seed{seed}"


def folder_of(variant: str) -> str:
    """A folder's name for a variant."""
    return re.sub(r"[^A-Za-z0-9.]+", "-", variant).strip("-")
