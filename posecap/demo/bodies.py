"""The six invented bodies of the demo: bone lengths, and where bones start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from posecap.demo.settings import DemoSettings
from posecap.errors import unknown_name

_PROPORTION_SPREAD = 0.035


@dataclass(frozen=True)
class Body:
    """Bone lengths in metres; left and right are equal. `ankle` is its height over the floor."""

    hip: float
    thigh: float
    shin: float
    ankle: float
    loin: float
    chest: float
    neck: float
    head: float
    collar: float
    upper_arm: float
    forearm: float

    @property
    def leg(self) -> float:
        return self.thigh + self.shin


# Fractions of the stature, from the segment table of Drillis and Contini (1966) as textbooks give it,
# with the trunk divided at the joints that Human3.6M has.
_FRACTIONS = {
    "hip": 0.070,
    "thigh": 0.245,
    "shin": 0.246,
    "ankle": 0.042,
    "loin": 0.135,
    "chest": 0.145,
    "neck": 0.066,
    "head": 0.066,
    "collar": 0.098,
    "upper_arm": 0.172,
    "forearm": 0.150,
}


def make_body(settings: DemoSettings, subject: str) -> Body:
    """The body of `subject`: its stature's mean proportions, each varied a little, always the same."""
    if subject not in settings.subjects:
        raise unknown_name("demo subject", subject, settings.subjects)
    rng = np.random.default_rng([settings.bodies_seed, *subject.encode()])
    stature = settings.subjects[subject]
    spread = 1 + _PROPORTION_SPREAD * np.clip(rng.standard_normal(len(_FRACTIONS)), -2, 2)
    return Body(
        **{name: stature * part * s for (name, part), s in zip(_FRACTIONS.items(), spread, strict=True)}
    )
