"""Training: `train(config)` makes a run folder from a shard directory and a recipe."""

from __future__ import annotations

from lifting.training.config import TrainConfig
from lifting.training.fit import Listener, Report
from lifting.training.run import check_training, train

__all__ = ["Listener", "Report", "TrainConfig", "check_training", "train"]
