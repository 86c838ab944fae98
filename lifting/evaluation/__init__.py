"""Evaluation: predict every frame of the test split once, score, tabulate, draw."""

from lifting.evaluation.config import EvaluationConfig
from lifting.evaluation.evaluate import evaluate
from lifting.evaluation.results import FRAMES, MEAN, Results, load_results

__all__ = ["FRAMES", "MEAN", "EvaluationConfig", "Results", "evaluate", "load_results"]
