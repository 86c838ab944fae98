"""Posecodes: named, thresholded geometric relations between body parts, computed over many poses at once."""

from __future__ import annotations

from posecap.posecodes.codes import Posecodes
from posecap.posecodes.definitions import Definitions, Statement, load_definitions
from posecap.posecodes.extraction import extract

__all__ = ["Definitions", "Posecodes", "Statement", "extract", "load_definitions"]
