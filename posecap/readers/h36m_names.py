"""Names of Human3.6M's actions in the spellings of its files."""

from __future__ import annotations

import re

OTHER_NAMES = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}  # the same actions, as S1's files call them
ACTION_NUMBERS = {  # act_02 ... act_16 of the recordings' codes
    2: "Directions", 3: "Discussion", 4: "Eating", 5: "Greeting", 6: "Phoning", 7: "Posing",
    8: "Purchases", 9: "Sitting", 10: "SittingDown", 11: "Smoking", 12: "Photo", 13: "Waiting",
    14: "Walking", 15: "WalkDog", 16: "WalkTogether",
}  # fmt: skip


def canonical(recording: str) -> str:
    """Name of a recording as most subjects have it: "TakingPhoto 1" is "Photo 1"."""
    for other, name in OTHER_NAMES.items():
        recording = recording.replace(other, name)
    return recording


def action_of(recording: str) -> str:
    """Action of a recording: its name without the number."""
    return re.sub(r"\s+\d+$", "", canonical(recording))


def camel_to_words(name: str) -> str:
    """SittingDown -> sitting down."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
