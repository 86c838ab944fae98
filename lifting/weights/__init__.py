"""Weights of public implementations: read without trusting them, and made into runs."""

from __future__ import annotations

from lifting.weights.checkpoint import read_checkpoint
from lifting.weights.public import FAMILIES, import_public, read_public_weights

__all__ = ["FAMILIES", "import_public", "read_checkpoint", "read_public_weights"]
