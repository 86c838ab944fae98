"""posecap: 3D human poses to posecodes, captions and text features, stored as Parquet shards.

The names below load their module, and with it NumPy or PyArrow, when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posecap.captions import caption, explain, parse
    from posecap.posecodes import extract
    from posecap.shards import open_shards

__version__ = "0.1.0"

_HOME = {
    "extract": "posecap.posecodes",
    "caption": "posecap.captions",
    "explain": "posecap.captions",
    "parse": "posecap.captions",
    "open_shards": "posecap.shards",
}
__all__ = ["__version__", "caption", "explain", "extract", "open_shards", "parse"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'posecap' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
