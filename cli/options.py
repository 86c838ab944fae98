"""Arguments and options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.tables import Format
from posecap.errors import InputError

ShardsArgument = Annotated[
    Path,
    typer.Argument(metavar="SHARDS", help="Shard directory made by `posecap generate`.", show_default=False),
]
EncoderOption = Annotated[str, typer.Option(help="Text encoder: a name, or a directory with one.")]
LanguageOption = Annotated[str, typer.Option(help="Words of the captions: a name or a .yaml file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How rows are printed.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine-readable result.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]


def chosen_format(output: Format, json: bool) -> Format:
    """`--json` is `--format json`."""
    return Format.json if json else output


def split_names(text: str | None) -> tuple[str, ...]:
    """The names in a comma-separated list, empty for none."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def parse_size(option: str, text: str | None) -> tuple[int, int] | None:
    """Width, height of `1920x1080`, None for None; InputError names the option."""
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)\s*[xX*]\s*(\d+)", text)
    if not match or not int(match[1]) or not int(match[2]):
        raise InputError(f"{option} {text}: expected width x height in pixels, such as 1920x1080")
    return int(match[1]), int(match[2])


def parse_settings(settings: list[str] | None) -> dict[str, Any]:
    """`["fps=25", "kind=a"]` as a dictionary, values read as YAML scalars."""
    import yaml

    parsed = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not (name and equals):
            raise InputError(f"--option {setting}: expected NAME=VALUE")
        try:
            parsed[name.replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError as error:
            raise InputError(f"--option {setting}: the value is not readable") from error
    return parsed
