"""What training must know of the statements in a shard directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from posecap.errors import InputError
from posecap.posecodes.definitions import Definitions, load_definitions
from posecap.shards import Shards


@dataclass(frozen=True)
class TextFacts:
    """Definitions of the statements, the frame they are of, and whether they were made with noise."""

    definitions: str = "h36m17"
    sha256: str | None = None
    skeleton: str = "h36m17"
    frame: str = "body"
    noise: bool = False

    def checked_definitions(self) -> Definitions:
        """The definitions; InputError where they are not those that the shards were made with."""
        found = load_definitions(self.definitions)
        if self.sha256 is not None and found.sha256 != self.sha256:
            raise InputError(f"definitions {self.definitions} are not those of the shards")
        return found

    def options(self) -> dict[str, Any]:
        """Options that alignments reading statements may take."""
        slack = 1.0 if self.noise else 0.0
        return {
            "definitions": self.definitions,
            "skeleton": self.skeleton,
            "frame": self.frame,
            "slack": slack,
        }


def facts_of(shards: Shards) -> TextFacts:
    """The facts that a shard directory's manifest states."""
    manifest = shards.manifest
    return TextFacts(
        manifest.definitions.name,
        manifest.definitions.sha256,
        manifest.skeleton.name,
        manifest.frame,
        manifest.noise,
    )
