"""Lifting new 2D keypoints, or a view of shards, with a run: poses, roots, films, files."""

from __future__ import annotations

from lifting.prediction.config import PredictionConfig
from lifting.prediction.files import Prediction, PredictionFile
from lifting.prediction.predict import predict_file

__all__ = ["Prediction", "PredictionConfig", "PredictionFile", "predict_file"]
