"""Scores of all views of one method, and the means that go into the tables."""

from __future__ import annotations

import numpy as np

from lifting.evaluation.results import FRAMES, HARD, MEAN, Row
from lifting.evaluation.scores import SCORES, mean_of_actions, means_by_action, view_scores
from lifting.evaluation.views import ViewResult
from lifting.metrics.p3 import HARD_ACTIONS, p3


class Gathered:
    """Scores, view by view."""

    def __init__(self, scored: list[int] | None = None) -> None:
        self._scored = scored
        self._views: list[ViewResult] = []
        self._scores: list[dict[str, np.ndarray]] = []

    def add(self, view: ViewResult) -> None:
        """Takes in a view."""
        self._scores.append(view_scores(view, self._scored))
        self._views.append(view)

    def row(self, name: str, ground_truth: str = "none") -> Row:
        """Means by action, over actions and over frames, of every metric that has values."""
        scores = {}
        for metric in SCORES:
            by_action = means_by_action(self._actions(), self._by(metric))
            if by_action:
                overall = float(np.concatenate(self._by(metric)).mean())
                scores[metric] = {**by_action, MEAN: mean_of_actions(by_action), FRAMES: overall}
                if set(HARD_ACTIONS) <= by_action.keys():
                    scores[metric][HARD] = p3(by_action)
        return Row(name, scores, ground_truth)

    def frames(self) -> dict[str, int]:
        """Frames of each action that were measured, over all views."""
        counts: dict[str, int] = {}
        for view in self._views:
            counts[view.action] = counts.get(view.action, 0) + int(view.counts.sum())
        return dict(sorted(counts.items()))

    def by_sequence(self) -> dict[str, dict[str, float]]:
        """Frames, and the mean of each metric over them and the cameras: what a bootstrap resamples."""
        names = [view.sequence for view in self._views]
        columns = {metric: means_by_action(names, self._by(metric)) for metric in SCORES}
        columns["frames"] = dict.fromkeys(names, 0.0)
        for view in self._views:
            columns["frames"][view.sequence] += float(view.counts.sum())
        return {
            name: {metric: means[name] for metric, means in columns.items() if name in means}
            for name in dict.fromkeys(names)
        }

    def views(self) -> dict[tuple[str, str], ViewResult]:
        """What was predicted, by sequence and camera."""
        return {(view.sequence, view.camera): view for view in self._views}

    def mpjpe(self) -> dict[tuple[str, str], np.ndarray]:
        """(T,) by view, mm, NaN for frames that do not count."""
        errors = {}
        for view, scores in zip(self._views, self._scores, strict=True):
            whole = np.full(len(view.counts), np.nan)
            whole[view.counts] = scores["MPJPE"]
            errors[view.sequence, view.camera] = whole
        return errors

    def _by(self, metric: str) -> list[np.ndarray]:
        return [scores[metric] for scores in self._scores]

    def _actions(self) -> list[str]:
        return [view.action for view in self._views]
