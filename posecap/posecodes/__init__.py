"""Posecodes: named, thresholded geometric relations between body parts, computed over many poses at once."""

from __future__ import annotations
