"""`lift train`: shards and a recipe in, a run folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.console import note
from cli.lift_commands.videos import (
    DetectorOption,
    VideoFocalOption,
    VideoFpsOption,
    VideoLayoutOption,
    VideoSizeOption,
    VideosOption,
    VideoUpOption,
    videos_of,
)
from cli.options import JsonOption, QuietOption, split_names
from cli.progress import Progress, progress
from cli.tables import print_json
from posecap.errors import InputError

if TYPE_CHECKING:
    from lifting.data.videos import Videos
    from lifting.data.written import Span
    from lifting.recipes import Recipe
    from lifting.runs import Run
    from lifting.training import Report

FeaturesOption = Annotated[
    Path,
    typer.Option(
        "--features",
        metavar="SHARDS",
        help="Shard directory: poses, 2D and text features.",
        show_default=False,
    ),
]
STAGE = "train"
CLOSE_RATE = 0.02


def train(
    features: FeaturesOption,
    out: Annotated[Path, typer.Option(metavar="RUN", help="Run folder to make.", show_default=False)],
    recipe: Annotated[str, typer.Option(help="Name (see `lift recipes`) or a .yaml file.")] = "small",
    align: Annotated[
        str | None, typer.Option(help="What text does in training: none, cm, ... [default: the recipe's]")
    ] = None,
    keypoints: Annotated[str | None, typer.Option(help="2D source, if the shards hold several.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of weights, order and noise.")] = 0,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Passes over the clips, instead of the recipe's.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Optimiser steps, instead of the recipe's.")
    ] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="End by the clock (not repeatable).")] = None,
    batch: Annotated[
        int | None, typer.Option(min=1, help="Clips of a step, instead of the recipe's.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=0, help="Processes that prepare clips.")] = None,
    stream: Annotated[
        bool | None, typer.Option("--stream/--no-stream", help="Read clips as they come, or hold all.")
    ] = None,
    select: Annotated[
        str | None, typer.Option(help="last: the last weights; val: the best on a held-out training subject.")
    ] = None,
    validate: Annotated[str | None, typer.Option(help="Training subject to hold out.")] = None,
    supervise_3d: Annotated[
        str | None, typer.Option(help="Training subjects whose 3D is used: S1,S5.")
    ] = None,
    supervise_captions: Annotated[
        str | None, typer.Option(help="Training subjects with 2D and captions only: S6,S7.")
    ] = None,
    captions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Captions written for those and for --videos: sequence,start,end,caption.",
        ),
    ] = None,
    videos: VideosOption = None,
    video_size: VideoSizeOption = None,
    video_fps: VideoFpsOption = None,
    video_layout: VideoLayoutOption = None,
    video_up: VideoUpOption = None,
    video_focal: VideoFocalOption = None,
    detector: DetectorOption = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="Any recipe field: clips.frames=81."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:1, ...")] = "auto",
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Also write TensorBoard logs.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in RUN.")] = False,
    quiet: QuietOption = False,
    json: JsonOption = False,
) -> None:
    """Train a lifter on shards, by a recipe.

    **In**: shards made by `posecap generate`, and a recipe. **Out**: a run folder with the weights
    (safetensors), the resolved recipe, a log of every loss term and what resuming needs. Ctrl-C ends the
    run with a checkpoint; `--resume` goes on from there.

    Videos without 3D help with what people write of them: `--videos walk.json --captions captions.csv`.

    Example: `lift train --features shards/ --recipe small --out runs/x`
    """
    from lifting.recipes import load_recipe
    from lifting.training import TrainConfig
    from lifting.training import train as run_training

    training = {
        "epochs": epochs,
        "steps": steps,
        "minutes": minutes,
        "batch": batch,
        "workers": workers,
        "stream": stream,
        "select": select,
        "validate_subject": validate,
    }
    given: dict[str, Any] = {name: value for name, value in training.items() if value is not None}
    if (epochs is None) != (steps is None):  # the one that is given alone decides
        given["steps" if steps is None else "epochs"] = None
    supervision = _supervision(supervise_3d, supervise_captions)
    alignment = {} if align is None else {"name": align}
    chosen = load_recipe(recipe, setting or (), training=given, alignment=alignment, supervision=supervision)
    _check_text_is_used(chosen, setting or [], videos or [])
    if chosen.supervision.subjects_captions and chosen.supervision.subjects_3d is None:
        raise InputError("--supervise-captions needs --supervise-3d: name the subjects whose 3D is used")
    seen = videos_of(videos, video_size, video_fps, video_layout, video_up, video_focal, detector)
    if seen is not None and captions is None:
        raise InputError("--videos needs --captions: what the videos show, written in canonical sentences")
    written = _written(captions, features, chosen, seen)
    config = TrainConfig(features, chosen, out, keypoints, seed, device, resume, tensorboard, written, seen)
    with progress(not quiet) as shown:
        bar = _Bar(shown)
        done = run_training(config, bar.hear)
        bar.close()
    for line in () if quiet else (*(() if seen is None else seen.report), *_kept_rates(done)):
        note(line)
    stopped = done.stopped()
    if stopped is not None:
        raise InputError(f"{done.path}: {stopped}; the same command with --resume goes on")
    if json:
        print_json({"run": str(done.path), "recipe": chosen.name, "seed": seed})
    else:
        note(f"{done.path}: trained; measure it with: lift eval {done.path}")


def _check_text_is_used(recipe: Recipe, settings: list[str], videos: list[Path]) -> None:
    unused = recipe.alignment.name == "none" and not (recipe.supervision.subjects_captions or videos)
    if unused and any(text.startswith("alignment.") for text in settings):
        raise InputError("--set alignment: nothing is aligned with text; choose how with --align")


def _kept_rates(run: Run) -> list[str]:
    """A line for every frame rate of recordings of which clips do not keep what the recipe says."""
    from lifting.training.setup import windows_of

    wanted = run.info.recipe.clips.rate
    if wanted is None:
        return []
    kept = {fps: windows_of(run.info.recipe).kept_rate(fps) for fps in run.info.fps}
    return [
        f"clips.rate {wanted:g}: clips of recordings at {fps:g} have {rate:.3g} frames a second"
        for fps, rate in kept.items()
        if abs(rate / wanted - 1) > CLOSE_RATE
    ]


def _supervision(with_3d: str | None, with_captions: str | None) -> dict[str, Any]:
    told = {"subjects_3d": with_3d, "subjects_captions": with_captions}
    return {field: split_names(names) for field, names in told.items() if names is not None}


def _written(
    captions: Path | None, features: Path, recipe: Recipe, videos: Videos | None
) -> dict[str, list[Span]] | None:
    """The captions of a file, as statements of the shards' definitions."""
    if captions is None:
        return None
    if videos is None and not recipe.supervision.subjects_captions:
        raise InputError(
            "--captions needs --supervise-captions or --videos: name the subjects they are written for"
        )
    from cli.lift_commands.captions_file import read_captions
    from lifting.training.facts import facts_of
    from posecap.shards import open_shards

    return read_captions(captions, facts_of(open_shards(features)).checked_definitions())


class _Bar:
    """Shows reports of the training loop."""

    def __init__(self, shown: Progress) -> None:
        self._shown = shown
        self._seen: int | None = None

    def hear(self, report: Report) -> None:
        """Takes in a report; the first one tells how long the run is."""
        if self._seen is None:
            self._shown.start(STAGE, report.total_steps, "steps")
            self._seen = 0
        self._shown.advance(STAGE, report.step - self._seen)
        self._seen = report.step
        losses = "  ".join(f"{name} {value:.4g}" for name, value in report.losses.items())
        self._shown.describe(STAGE, f"{losses}  {report.clips_per_second:.0f} clips/s")

    def close(self) -> None:
        """Ends the bar, if there was one."""
        if self._seen is not None:
            self._shown.finish(STAGE)
