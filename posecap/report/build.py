"""Puts a report together: chooses clips, gathers what is told of them, and fills the page."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from posecap.browse import Filters, chosen_sequences
from posecap.errors import InputError, unknown_name
from posecap.report.clips import PIXEL_PARTS, Clip, in_turn, make_clip, to_base64
from posecap.report.statistics import count_sentences
from posecap.shards.reader import Shards, open_shards
from posecap.shards.rows import SequenceInfo
from posecap.skeletons import load_skeleton
from posecap.writing import whole_file

PAGE = Path(__file__).parent / "page"
SCRIPTS = ("data.js", "draw.js", "statistics.js", "page.js")
SIDES = ("left", "right")


@dataclass(frozen=True)
class ReportOptions:
    """What a report shows. `source` None takes the first 2D source; clips are the middle `seconds` of a
    sequence at about `rate` frames a second, as many as fit in `max_megabytes`."""

    filters: Filters = field(default_factory=Filters)
    source: str | None = None
    seconds: float = 10.0
    rate: float = 12.5
    max_megabytes: float = 5.0


@dataclass(frozen=True)
class ReportSummary:
    """What was written."""

    path: Path
    clips: int
    sequences: int
    frames: int
    captions: int
    bytes: int


def write_report(shards: str | Path, out: str | Path, options: ReportOptions | None = None) -> ReportSummary:
    """Write one self-contained HTML page about the shards to `out` (.html); a page that is there is replaced.

    InputError where the shards or a name in the options are not there, or `out` cannot be written.
    """
    options, out = options or ReportOptions(), Path(out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{out}: expected the name of a page such as report.html")
    if not out.parent.is_dir():
        raise InputError(f"{out.parent}: no such directory")
    opened = open_shards(shards)
    infos = chosen_sequences(opened, options.filters)
    gathered = _gather(opened, infos, options)
    page = _fill(opened, gathered).encode()
    with whole_file(out) as beside:
        beside.write_bytes(page)
    frames = sum(clip["frames"] for clip in gathered.clips)
    return ReportSummary(out, len(gathered.clips), len(infos), frames, len(gathered.captions), len(page))


class _Gathered:
    """Clips with their captions and sentences, each different one once."""

    def __init__(self, shards: Shards) -> None:
        self.clips: list[dict[str, Any]] = []
        self.captions: list[list[int]] = []
        self.sentences: list[dict[str, Any]] = []
        self.size = 0
        self._shards = shards
        self._caption_at: dict[int, int] = {}
        self._sentence_at: dict[tuple[str, tuple[int, ...]], int] = {}

    def add(self, clip: Clip) -> None:
        wanted = {index for ids in clip.told for index in np.unique(ids).tolist()}
        new = np.array(sorted(wanted - self._caption_at.keys()), np.int64)
        for row in self._shards.find_captions(new, ["sentences"]).to_pylist():
            self._caption_at[row["caption_id"]] = len(self.captions)
            self.captions.append([self._sentence(one) for one in row["sentences"]])
            self.size += len(_to_json(self.captions[-1]))
        told = [
            to_base64(np.array([self._caption_at[i] for i in ids.tolist()]), np.int32) for ids in clip.told
        ]
        self.clips.append({**clip.data, "told": told})
        self.size += len(_to_json(self.clips[-1]))

    def _sentence(self, told: dict[str, Any]) -> int:
        key = told["text"], tuple(told["sentence_ids"])
        if key not in self._sentence_at:
            joints = sorted({joint for role in told["roles"] for joint in _joints_of(self._shards, role)})
            self._sentence_at[key] = len(self.sentences)
            self.sentences.append({"text": told["text"], "joints": joints, "statements": list(key[1])})
            self.size += len(_to_json(self.sentences[-1]))
        return self._sentence_at[key]


def _gather(shards: Shards, infos: list[SequenceInfo], options: ReportOptions) -> _Gathered:
    source = options.source or next(iter(shards.sources), None)
    if source is not None and source not in shards.sources:
        raise unknown_name("2D source", source, shards.sources)
    labels: dict[str, list[dict[str, Any]]] = {}
    for row in shards.labels().to_pylist():
        labels.setdefault(row.pop("sequence"), []).append(row)
    gathered = _Gathered(shards)
    for info in in_turn(infos):
        gathered.add(make_clip(shards, info, source, options.seconds, options.rate, labels.get(info.key, [])))
        if gathered.size > options.max_megabytes * 1e6:
            break
    return gathered


def _fill(shards: Shards, gathered: _Gathered) -> str:
    """The page with style, script and data put in."""
    title = f"{shards.manifest.dataset}: poses in words"
    data = {
        "title": title,
        "facts": _facts(shards, gathered),
        "skeleton": _skeleton(shards),
        "toldByView": shards.manifest.frame == "camera",
        "pixelParts": PIXEL_PARTS,
        "sentences": gathered.sentences,
        "captions": gathered.captions,
        "clips": sorted(gathered.clips, key=lambda clip: clip["key"]),
        "statistics": count_sentences(shards),
    }
    # "<" could end the script element that the data lie in
    parts = {
        "title": escape(title),
        "style": (PAGE / "page.css").read_text(encoding="utf-8"),
        "script": "\n".join((PAGE / name).read_text(encoding="utf-8") for name in SCRIPTS),
        "data": _to_json(data).replace("<", "\\u003c"),
    }
    head, *rest = (PAGE / "page.html").read_text(encoding="utf-8").split("{{")
    pieces = (piece.split("}}", 1) for piece in rest)
    return head + "".join(parts[name] + after for name, after in pieces)


def _facts(shards: Shards, gathered: _Gathered) -> list[str]:
    manifest = shards.manifest
    rows = {name: manifest.tables[name].rows for name in ("sequences", "frames", "captions")}
    return [
        *(f"{count:,} {name}" for name, count in rows.items()),
        f"captions in style {manifest.style} from {manifest.definitions.name}, {manifest.frame} frame",
        f"{len(gathered.clips)} clips here",
    ]


def _skeleton(shards: Shards) -> dict[str, Any]:
    record = shards.manifest.skeleton
    side_of = {joint: side for pair in record.pairs for side, joint in zip(SIDES, pair, strict=True)}
    sides = [side_of.get(joint, "middle") for joint in record.joints]
    return {"joints": record.joints, "parents": record.parents, "sides": sides}


def _joints_of(shards: Shards, role: str) -> frozenset[int]:
    """Joints that a role is made of; none where this installation does not know the skeleton."""
    record = shards.manifest.skeleton
    return _role_joints(record.name, record.joints, role)


@cache
def _role_joints(name: str, joints: tuple[str, ...], role: str) -> frozenset[int]:
    try:
        skeleton = load_skeleton(name)
    except InputError:
        skeleton = None
    if skeleton is None or skeleton.joints != joints:  # none or another of that name
        return frozenset({joints.index(role)} if role in joints else ())
    # what is spoken of need not be measured: "the body"
    return skeleton.joints_of(role) if role in (*skeleton.roles, *skeleton.joints) else frozenset()


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
