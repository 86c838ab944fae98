"""Which sequences make which part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from posecap.captions import bank
from posecap.errors import InputError, unknown_name
from posecap.posecodes import Definitions
from posecap.posecodes.statements import statements_without
from posecap.shards.settings import GenerateConfig
from posecap.shards.telling import load_part_definitions

if TYPE_CHECKING:
    from posecap.readers import Dataset


@dataclass(frozen=True)
class Plan:
    """Which sequences make which part, and the hash that a half-made run resumes under."""

    parts: list[list[str]]
    frames: list[int]
    identity: str
    definitions: Definitions


def make_plan(dataset: Dataset, config: GenerateConfig) -> Plan:
    """Sequences in the data set's order, cut into parts of about `part_frames` frames."""
    parts: list[list[str]] = []
    frames: list[int] = []
    for key in _chosen(dataset, config):
        count = dataset.num_frames(key)
        if not parts or frames[-1] + count > config.part_frames:
            parts.append([])
            frames.append(0)
        parts[-1].append(key)
        frames[-1] += count
    definitions = load_part_definitions(dataset.skeleton, config)
    # names in the settings that are wrong are told before any work is done
    bank(definitions, config.language)
    statements_without(definitions, config.without)
    return Plan(parts, frames, config.identity(parts, definitions.sha256), definitions)


def _chosen(dataset: Dataset, config: GenerateConfig) -> list[str]:
    keys = dataset.keys()
    _check_names(config.sequences, keys, "sequence")
    _check_names(config.subjects, [_subject(key) for key in keys], "subject")
    chosen = [
        key
        for key in keys
        if (config.sequences is None or key in config.sequences)
        and (config.subjects is None or _subject(key) in config.subjects)
    ]
    if not chosen:
        raise InputError(f"dataset {dataset.name}: no sequences")
    return chosen


def _check_names(wanted: tuple[str, ...] | None, known: list[str], what: str) -> None:
    for name in wanted or ():
        if name not in known:
            raise unknown_name(what, name, set(known))


def _subject(key: str) -> str:
    return key.split("/")[0]
