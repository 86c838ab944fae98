"""What a user says about BVH files before anything is guessed: for all of them, or file by file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from pydantic import Field

from posecap.errors import InputError
from posecap.manifests import Manifest, read_yaml, validate

Roles = str | Mapping[str, str] | None


class Given(Manifest):
    """scale: metres a unit; up: "y", "-z", ...; mirror: left-handed axes; roles: landmark -> joint name."""

    scale: float | None = Field(None, gt=0, allow_inf_nan=False)
    up: str | None = None
    mirror: bool | None = None
    roles: dict[str, str] = Field(default_factory=dict)

    def or_else(self, other: Given) -> Given:
        """What is said here, and where nothing is, what `other` says."""
        own = {name: value for name, value in self if value not in (None, {})}
        return other.model_copy(update=own)


@dataclass(frozen=True)
class Settings:
    """What is said of all files, and of those below `root` whose path fits a pattern; the first counts."""

    root: Path
    common: Given = field(default_factory=Given)
    by_pattern: Mapping[str, Given] = field(default_factory=dict)

    def of(self, path: Path) -> Given:
        """What is said of one file."""
        return next(
            (
                own.or_else(self.common)
                for pattern, own in self.by_pattern.items()
                if self._fits(path, pattern)
            ),
            self.common,
        )

    def check(self, paths: list[Path]) -> None:
        """InputError for a pattern that no file fits."""
        for pattern in self.by_pattern:
            if not any(self._fits(path, pattern) for path in paths):
                some = ", ".join(path.name for path in paths[:8])
                raise InputError(f"per_file: no file fits '{pattern}' (there are {some})")

    def _fits(self, path: Path, pattern: str) -> bool:
        below = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        names = (below.as_posix(), below.with_suffix("").as_posix(), path.name, path.stem)
        return any(fnmatch(name, pattern) for name in names)


def parse_given(scale: float | None, up: str | None, mirror: bool | None, roles: Roles) -> Given:
    """The options as one record; InputError names the one that is not fit."""
    said = {"scale": scale, "up": up, "mirror": mirror, "roles": parse_roles(roles)}
    return validate(Given, said, "bvh")


def parse_roles(roles: Roles) -> dict[str, str]:
    """Landmark -> joint name, of a mapping or of "left_knee=Knee_01,right_knee=Knee_02"."""
    if roles is None or isinstance(roles, Mapping):
        return dict(roles or {})
    pairs = [pair.partition("=") for pair in roles.split(",") if pair.strip()]
    bad = [landmark for landmark, sign, joint in pairs if not sign or not joint.strip()]
    if bad:
        raise InputError(f"roles: expected LANDMARK=JOINT,..., found '{bad[0]}'")
    return {landmark.strip(): joint.strip() for landmark, _, joint in pairs}


def read_per_file(path: str | Path | None) -> dict[str, Given]:
    """Pattern -> what is said of the files that fit it, from a YAML file; empty for None."""
    if path is None:
        return {}
    data = read_yaml(Path(path))
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected file patterns, each with scale, up, mirror or roles")
    return {str(pattern): validate(Given, said, f"{path}: {pattern}") for pattern, said in data.items()}
