"""The manifest of new shards, and the summary of a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import yaml

import posecap
from posecap.posecodes import Definitions, extract
from posecap.shards.files import TableFile, write_text
from posecap.shards.hashing import add_hashes, file_sha256
from posecap.shards.manifest import (
    DEFINITIONS,
    DefinitionsRecord,
    FeatureRecord,
    FileRecord,
    LeftOutRecord,
    ShardManifest,
    SkeletonRecord,
    TableRecord,
)
from posecap.shards.plan import Plan
from posecap.shards.settings import GenerateConfig, Summary
from posecap.shards.telling import load_part_definitions
from posecap.skeletons import load_skeleton

if TYPE_CHECKING:
    from posecap.readers import Dataset


def make_manifest(
    config: GenerateConfig,
    dataset: Dataset,
    plan: Plan,
    files: list[TableFile],
    features: list[FeatureRecord],
    inputs: list[str],
    told_captions: int,
) -> ShardManifest:
    skeleton = load_skeleton(dataset.skeleton)
    definitions = load_part_definitions(dataset.skeleton, config)
    return ShardManifest(
        posecap=posecap.__version__,
        dataset=dataset.name,
        keypoints=_sources(files),
        skeleton=SkeletonRecord(
            name=skeleton.name, joints=skeleton.joints, parents=skeleton.parents, pairs=skeleton.pairs
        ),
        definitions=_definitions_record(dataset.skeleton, definitions, config.frame),
        language=config.language,
        frame=config.frame,
        style=config.style,
        seed=config.seed,
        variants=config.variants,
        noise=config.noise,
        skip=config.skip,
        without=config.without,
        concise=config.concise,
        with_action=config.with_action,
        features=tuple(features),
        parts=tuple(tuple(part) for part in plan.parts),
        inputs=tuple(inputs),
        told_captions=told_captions,
        tables=table_records(files),
        files={
            DEFINITIONS: _write_definitions(config.out, definitions),
            **{file.path: FileRecord(size=file.size, sha256=file.sha256) for file in files},
        },
    )


def _definitions_record(
    skeleton: str, definitions: Definitions, frame: Literal["body", "camera"]
) -> DefinitionsRecord:
    nothing = np.zeros((0, load_skeleton(skeleton).num_joints, 3))
    left_out = extract(nothing, skeleton, definitions, frame).left_out
    return DefinitionsRecord(
        name=definitions.name,
        sha256=definitions.sha256,
        sentences=len(definitions.statements),
        left_out=tuple(
            LeftOutRecord(kind=one.kind, joints=one.joints, reason=one.reason) for one in left_out
        ),
    )


def _write_definitions(out: Path, definitions: Definitions) -> FileRecord:
    """The definitions as the file that `load_definitions` reads."""
    data = definitions.model_dump(mode="json", exclude_defaults=True)
    write_text(out / DEFINITIONS, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))
    return FileRecord(size=(out / DEFINITIONS).stat().st_size, sha256=file_sha256(out / DEFINITIONS))


def table_records(files: list[TableFile]) -> dict[str, TableRecord]:
    """Rows and content hash of each table over its parts."""
    groups: dict[str, list[TableFile]] = {}
    for file in sorted(files, key=lambda one: one.path):
        groups.setdefault(table_of(file.path), []).append(file)
    return {
        name: TableRecord(
            rows=sum(one.rows for one in group), content=add_hashes([one.content for one in group])
        )
        for name, group in groups.items()
    }


def table_of(path: str) -> str:
    """`views/gt/part-00000.parquet` belongs to `views/gt`, `sentences.parquet` to `sentences`."""
    folder, _, name = path.rpartition("/")
    return folder if name.startswith("part-") else path.removesuffix(".parquet")


def _sources(files: list[TableFile]) -> tuple[str, ...]:
    names = {table_of(file.path) for file in files}
    return tuple(sorted(name.removeprefix("views/") for name in names if name.startswith("views/")))


def summarize(out: Path, manifest: ShardManifest, seconds: dict[str, float], resumed: int = 0) -> Summary:
    """Counts of a whole shard directory."""
    rows = {name: record.rows for name, record in manifest.tables.items()}
    sizes: dict[str, int] = dict.fromkeys(rows, 0)
    for path, record in manifest.files.items():
        if path.endswith(".parquet"):
            sizes[table_of(path)] += record.size
    return Summary(
        path=out,
        sequences=rows["sequences"],
        frames=rows["frames"],
        views=max((count for name, count in rows.items() if name.startswith("views/")), default=0),
        captions=manifest.told_captions,
        mirror_images=rows["captions"] - manifest.told_captions,
        sentences=rows["sentences"],
        rows=rows,
        bytes=sizes,
        seconds=seconds,
        resumed_parts=resumed,
    )
