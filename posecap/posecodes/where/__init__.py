"""Filters by what poses say: `left_elbow angle is 'right angle' and hands distance is close`."""

from __future__ import annotations

from posecap.posecodes.where.grammar import Where, parse_where

__all__ = ["Where", "parse_where"]
