"""Train 2D-to-3D pose lifters on shards, with text as extra supervision, and measure them.

Heavy libraries load on first use: `import lifting` alone imports no torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lifting import alignment, backbones, constraints, losses, metrics
    from lifting.alignment import build_alignment
    from lifting.backbones import build, import_weights

__all__ = [
    "alignment",
    "backbones",
    "build",
    "build_alignment",
    "constraints",
    "import_weights",
    "losses",
    "metrics",
]

_HOMES = {
    "build": "lifting.backbones",
    "import_weights": "lifting.backbones",
    "build_alignment": "lifting.alignment",
}
_FAMILIES = ("alignment", "backbones", "constraints", "losses", "metrics")


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _FAMILIES:
        return import_module(f"lifting.{name}")
    raise AttributeError(f"module 'lifting' has no attribute '{name}'")
