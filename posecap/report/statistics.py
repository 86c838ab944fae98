"""How many frames each action has, and how often each sentence is said in them."""

from __future__ import annotations

from typing import Any

import numpy as np

from posecap.shards.reader import Shards
from posecap.shards.rows import Ragged


def count_sentences(shards: Shards) -> dict[str, Any]:
    """Over all frames (views, where captions belong to them) of the shards, by action.

    `actions`: a list of action and frames; `said`: for each sentence of the bank its text, statement
    and counts, one an action.
    """
    bank = shards.sentences().to_pylist()
    counts: dict[str, np.ndarray] = {}
    frames: dict[str, int] = {}
    for info in shards.sequence_infos.values():
        for ids in _told(shards, info.key):
            said = np.bincount(ids.values, minlength=len(bank))
            counts[info.action] = counts.get(info.action, np.zeros(len(bank), np.int64)) + said
            frames[info.action] = frames.get(info.action, 0) + len(ids)
    actions = sorted(frames)
    return {
        "actions": [{"action": action, "frames": frames[action]} for action in actions],
        "said": [
            {
                "text": row["sentence"],
                "statement": row["statement"],
                "counts": [int(counts[action][row["sentence_id"]]) for action in actions],
            }
            for row in bank
        ],
    }


def _told(shards: Shards, key: str) -> list[Ragged]:
    if shards.manifest.frame != "camera":
        found = [shards.read_frames(key).sentence_ids]
    else:
        source = shards.sources[0]
        cameras = [camera for sequence, camera in shards.view_names(source) if sequence == key]
        found = [shards.read_view(key, source, camera).sentence_ids for camera in cameras]
    return [ids for ids in found if ids is not None]
