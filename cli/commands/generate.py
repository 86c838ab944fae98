"""posecap generate: a data set in, shards out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import JsonOption, LanguageOption, QuietOption, parse_settings, split_names
from cli.progress import progress
from cli.tables import human_bytes, print_json, print_rows

if TYPE_CHECKING:
    from posecap.shards.settings import Summary


def generate(
    dataset: Annotated[
        str, typer.Option(help="Data set or format, see `posecap datasets list`.", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="Shard directory to make.", show_default=False)],
    root: Annotated[Path | None, typer.Option(help="Folder (or file) where the data set lies.")] = None,
    keypoints: Annotated[str, typer.Option(help="2D sources, separated by commas.")] = "gt",
    subjects: Annotated[str | None, typer.Option(help="Only these subjects, separated by commas.")] = None,
    posecodes: Annotated[
        str | None,
        typer.Option(help="Posecode definitions: a name or a .yaml file. [default: the skeleton's]"),
    ] = None,
    frame: Annotated[str, typer.Option(help="Axes of the posecodes: body or camera.")] = "body",
    style: Annotated[
        str, typer.Option(help="Style of the captions: canonical, simple or natural.")
    ] = "canonical",
    captions_per_frame: Annotated[int, typer.Option(min=1, help="Captions of each frame.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of wording and noise.")] = 0,
    noise: Annotated[bool, typer.Option("--noise", help="Blur each posecode by its tolerance.")] = False,
    skip: Annotated[
        float,
        typer.Option(min=0, max=1, help="Probability with which a statement that is not rare is dropped."),
    ] = 0.0,
    without: Annotated[
        str | None, typer.Option(help="Body parts of which nothing is told, e.g. head,left_hand.")
    ] = None,
    concise: Annotated[
        bool, typer.Option("--concise", help="Leave out what follows from what is told.")
    ] = False,
    with_action: Annotated[
        bool, typer.Option("--with-action", help="Begin captions with the activity.")
    ] = False,
    language: LanguageOption = "en",
    encoder: Annotated[
        str, typer.Option(help="Text encoder: a name, a directory, or none for no features.")
    ] = "all-MiniLM-L6-v2",
    granularity: Annotated[str, typer.Option(help="Text features to make.")] = "sentence,caption",
    device: Annotated[
        str | None, typer.Option(help="Where the encoder runs: cpu, cuda. [default: the GPU if any]")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that work on parts.")] = 1,
    part_frames: Annotated[int, typer.Option(min=1, help="Frames of one part, about.")] = 16384,
    cameras: Annotated[
        int | None, typer.Option(min=1, help="Virtual cameras of motion that comes without images.")
    ] = None,
    projection: Annotated[
        str | None, typer.Option(help="Of virtual cameras: perspective or orthographic.")
    ] = None,
    up: Annotated[
        str | None, typer.Option(help="Axis that points up in the files, where they do not tell it.")
    ] = None,
    skip_invalid: Annotated[
        bool, typer.Option("--skip-invalid", help="Hold unusable frames and name them, instead of stopping.")
    ] = False,
    engine: Annotated[
        str, typer.Option(help="Who does the parts: local processes, or a ray cluster.")
    ] = "local",
    address: Annotated[str | None, typer.Option(help="Address of the Ray cluster.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the reader of this data set; may be repeated.")
    ] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Turn a data set into shards: poses, posecodes, captions and text features as Parquet files.

    **In**: 3D motion in a format of `posecap datasets list`. **Out**: a shard directory, and a summary on
    standard output. A run that was stopped goes on where it stood when it is started again.

    Example: `posecap generate --dataset h36m --root data/ --keypoints gt,cpn_ft_h36m_dbb --out shards/`
    """
    from posecap.shards import GenerateConfig
    from posecap.shards import generate as make_shards

    config = GenerateConfig(
        dataset=dataset,
        out=out,
        root=root,
        keypoints=split_names(keypoints),
        subjects=split_names(subjects) or None,
        definitions=posecodes,
        frame=frame,  # type: ignore[arg-type]
        style=style,
        variants=captions_per_frame,
        seed=seed,
        noise=noise,
        skip=skip,
        without=split_names(without),
        concise=concise,
        with_action=with_action,
        language=language,
        encoder=None if encoder == "none" else encoder,
        granularities=split_names(granularity),
        device=device,
        jobs=jobs,
        part_frames=part_frames,
        options=_reader_options(
            option, cameras=cameras, projection=projection, skip_invalid=skip_invalid, up=up
        ),
        engine=engine,
        address=address,
    )
    with progress(shown=not quiet) as shown:
        summary = make_shards(config, shown)
    print_summary(summary, json)


def _reader_options(settings: list[str] | None, **named: Any) -> dict[str, Any]:
    """Options of the reader: those with a flag of their own where it is used, and any NAME=VALUE."""
    return {name: value for name, value in named.items() if value} | parse_settings(settings)


def print_summary(summary: Summary, json: bool) -> None:
    """Counts, tables and stages of a run."""
    if json:
        print_json(asdict(summary))
        return
    counts = ("sequences", "frames", "views", "captions", "mirror_images", "sentences")
    made = [{"made": name.replace("_", " "), "count": getattr(summary, name)} for name in counts]
    print_rows(made, title=str(summary.path))
    print()
    print_rows([_table_row(name, summary) for name in sorted(summary.rows)])
    print()
    print_rows([{"stage": name, "seconds": round(value, 2)} for name, value in summary.seconds.items()])


def _table_row(name: str, summary: Summary) -> dict[str, Any]:
    return {"table": name, "rows": summary.rows[name], "size": human_bytes(summary.bytes.get(name, 0))}
