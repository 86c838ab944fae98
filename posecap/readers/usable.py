"""A data set without what cannot be used: unusable frames held and not valid, hopeless sequences left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posecap.errors import InputError
from posecap.quality import UnusableFrames, usable_part
from posecap.sequences import Sequence

if TYPE_CHECKING:
    from posecap.readers import Dataset


class UsableDataset:
    """Another data set, every sequence of which can be read; `report` tells what was held or left out.

    All sequences are read once at opening, since what is left out must be known before work is cut.
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self.name, self.skeleton, self.manifest = dataset.name, dataset.skeleton, dataset.manifest
        self.report: list[str] = []
        self._keys = [key for key in dataset.keys() if self._is_usable(key)]  # noqa: SIM118 - no mapping
        if not self._keys:
            raise InputError(f"{dataset.name}: no sequence can be used ({self.report[0]})")

    def keys(self) -> list[str]:
        return list(self._keys)

    def num_frames(self, key: str) -> int:
        return self._dataset.num_frames(key)

    def read(self, key: str) -> Sequence:
        try:
            return self._dataset.read(key)
        except UnusableFrames as error:
            if error.sequence is None:
                raise
            return usable_part(error.sequence, error.problems)

    def _is_usable(self, key: str) -> bool:
        try:
            self._dataset.read(key)
        except UnusableFrames as error:
            self.report += [problem.line(key) for problem in error.problems]
            return self._can_be_held(key)
        except InputError as error:
            self.report.append(f"{getattr(error, 'own', error)}; left out")
            return False
        return True

    def _can_be_held(self, key: str) -> bool:
        try:
            self.read(key)
        except InputError as error:
            self.report.append(f"{error}; left out")
            return False
        return True
