"""What `manifests/demo/motion.yaml` says: the bodies, the actions and how much motion there is."""

from __future__ import annotations

from pydantic import Field

from posecap import manifests
from posecap.manifests import Manifest


class DemoSettings(Manifest):
    """Size and people of the demo; `subjects` gives statures in metres."""

    bodies_seed: int
    subjects: dict[str, float]
    actions: tuple[str, ...]
    takes: int = Field(ge=1)
    seconds: float = Field(gt=0)


def demo_settings() -> DemoSettings:
    """The settings that ship with the package."""
    return manifests.load("demo", "motion", DemoSettings)
