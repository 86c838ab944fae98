"""Declarative data (skeletons, datasets, posecodes, language, recipes): found, read, validated."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from posecap.errors import InputError, unknown_name

try:  # the same safe loader, compiled: eight times as fast
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # pragma: no cover
    from yaml import SafeLoader  # type: ignore[assignment]

FAMILIES = ("skeletons", "datasets", "keypoints", "posecodes", "language", "recipes", "grids")


class Manifest(BaseModel):
    """Base of every manifest model: unknown fields are errors, instances are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


ManifestT = TypeVar("ManifestT", bound=BaseModel)


@cache
def manifest_root() -> Path:
    """Folder with one sub-folder per family: inside an installed package, else in the checkout."""
    packaged = Path(__file__).parent / "data"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "manifests"


def names(family: str) -> list[str]:
    """Names of the shipped manifests of a family, sorted."""
    return list(_names(family))


@cache
def _names(family: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (manifest_root() / family).glob("*.yaml")))


def manifest_path(family: str, name: str, what: str | None = None) -> Path:
    """File of a shipped manifest, or `name` itself where it is a path to a user's `.yaml` file.

    Raises InputError with the near names where there is neither.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name)
        if not path.is_file():
            raise InputError(f"{name}: no such file")
        return path
    if name not in _names(family):
        raise unknown_name(what or family.removesuffix("s"), name, names(family))
    return manifest_root() / family / f"{name}.yaml"


def read_yaml(path: Path) -> Any:
    """Content of a YAML file; InputError names the file and the line where it is not YAML."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error.__class__.__name__})") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise InputError(f"{path}{where}: not valid YAML ({getattr(error, 'problem', error)})") from error


def validate(model: type[ManifestT], data: Any, source: str) -> ManifestT:
    """`data` as `model`; InputError names `source`, the field and what was expected."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        message = first["msg"].removeprefix("Value error, ")
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise InputError(f"{source}: {field}: {message}{more}") from error


def load(family: str, name: str, model: type[ManifestT], what: str | None = None) -> ManifestT:
    """The manifest `name` of `family` (or the user's file `name`), validated as `model`.

    A file is read once, and again when it has changed.
    """
    path = manifest_path(family, name, what)
    state = path.stat()
    loaded = _load(path, model, (os.path.abspath(path), state.st_mtime_ns, state.st_size))
    return cast(ManifestT, loaded)


@lru_cache(maxsize=256)
def _load(path: Path, model: type[BaseModel], version: tuple[str, int, int]) -> BaseModel:
    return validate(model, read_yaml(path), path.name)
