"""posecap embed: more text features for shards that are there."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from cli.console import note
from cli.options import EncoderOption, JsonOption, QuietOption, ShardsArgument, split_names
from cli.progress import progress
from cli.tables import human_bytes, print_json, print_rows


def embed(
    shards: ShardsArgument,
    encoder: EncoderOption = "all-MiniLM-L6-v2",
    granularity: Annotated[
        str, typer.Option(help="Any of sentence, caption, token, label, separated by commas.")
    ] = "sentence,caption",
    context: Annotated[
        str, typer.Option(help="What the encoder reads at a time: sentence, or whole caption.")
    ] = "sentence",
    batch_size: Annotated[int, typer.Option(min=1, help="Texts the encoder reads at once.")] = 64,
    device: Annotated[str | None, typer.Option(help="cpu or cuda. [default: the GPU if any]")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    engine: Annotated[
        str, typer.Option(help="Who does the parts: local processes, or a ray cluster.")
    ] = "local",
    address: Annotated[str | None, typer.Option(help="Address of the Ray cluster.")] = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Add text features of an encoder to a shard directory; what is there stays as it is.

    **In**: a shard directory, and an encoder by name or directory. **Out**: feature tables in the shards, and
    a summary on standard output.

    Example: `posecap embed shards/ --encoder openai/clip-vit-base-patch32 --granularity sentence,token`
    """
    from posecap.shards import EmbedConfig
    from posecap.shards import embed as add_features

    config = EmbedConfig(
        path=shards,
        encoder=encoder,
        granularities=split_names(granularity),
        context=context,
        batch_size=batch_size,
        device=device,
        jobs=jobs,
        engine=engine,
        address=address,
    )
    with progress(shown=not quiet) as shown:
        summary = add_features(config, shown)
    if json:
        print_json({**asdict(summary), "features": [one.model_dump(mode="json") for one in summary.features]})
        return
    if not summary.features:
        note(f"{shards}: has all of these features already")
    fields = ("encoder", "granularity", "context", "texts", "dimension", "truncated")
    sizes = summary.bytes
    print_rows(
        [
            {**{name: getattr(one, name) for name in fields}, "size": human_bytes(sizes.get(one.table, 0))}
            for one in summary.features
        ]
    )
