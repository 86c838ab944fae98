"""From shards to batches of clips: cutting, camera frame, flips, order, resuming."""

from lifting.data.clips import Batch, Clips
from lifting.data.order import Progress
from lifting.data.shards import ShardSource
from lifting.data.sources import ClipSource, MemorySource, SequenceData, SequenceInfo, ViewData, normalize_2d
from lifting.data.windows import Windows

__all__ = [
    "Batch",
    "ClipSource",
    "Clips",
    "MemorySource",
    "Progress",
    "SequenceData",
    "SequenceInfo",
    "ShardSource",
    "ViewData",
    "Windows",
    "normalize_2d",
]
