"""The end of a run: what parts share is merged, bank, features and manifest are added, work files go."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

from posecap.captions import bank
from posecap.errors import InputError
from posecap.shards.assembly import make_manifest, summarize
from posecap.shards.directory import KeptError, clear_partial
from posecap.shards.embedding import warn_of_truncation
from posecap.shards.engines import Engine
from posecap.shards.features import FeatureSet, different_labels, feature_parts, feature_record
from posecap.shards.files import TableFile, write_table
from posecap.shards.making import FeatureJob
from posecap.shards.manifest import FeatureRecord, write_manifest
from posecap.shards.merge import merge_captions, merge_small
from posecap.shards.part import WORK, PartRecord
from posecap.shards.plan import Plan
from posecap.shards.settings import GenerateConfig, Progress, Summary
from posecap.shards.tables import posecode_dictionary_table, sentences_table
from posecap.shards.telling import column_names, load_part_definitions

if TYPE_CHECKING:
    from posecap.readers import Dataset

LABELS = "labels.parquet"
BATCH_SIZE = 64


def finish(
    config: GenerateConfig,
    progress: Progress,
    dataset: Dataset,
    plan: Plan,
    records: list[PartRecord],
    resumed: int,
) -> Summary:
    """Merge what is shared between parts, add bank, features and manifest, and clear up."""
    out = config.out
    seconds = _add_seconds(records)
    start = time.perf_counter()
    files = [file for record in records for file in record.files]
    files += [merge_small(out, name, records) for name in ("sequences", "labels", "cameras")]
    captions, told_captions = merge_captions(out, records, Engine.of(config), progress)
    files += captions
    files += _shared_tables(config, dataset)
    seconds["merge"] = time.perf_counter() - start
    features: list[FeatureRecord] = []
    if config.encoder is not None:
        start = time.perf_counter()
        try:
            features, made = _features(config, files, progress)
        except InputError as error:
            raise KeptError(f"{error}; all else is done and kept for the next run") from error
        files += made
        seconds["features"] = time.perf_counter() - start
    clear_partial(out)
    _remove_others(out, {file.path for file in files})
    inputs = [one for record in records for one in record.inputs]
    manifest = make_manifest(config, dataset, plan, files, features, inputs, told_captions)
    write_manifest(out, manifest)
    shutil.rmtree(out / WORK)
    return summarize(out, manifest, seconds, resumed)


def _remove_others(out: Path, wanted: set[str]) -> None:
    """Take away tables of an earlier try that was told otherwise, such as features of another encoder."""
    for path in list((out / "features").rglob("*.parquet")):
        if path.relative_to(out).as_posix() not in wanted:
            path.unlink()
            for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
                if not any(folder.iterdir()):
                    folder.rmdir()


def _shared_tables(config: GenerateConfig, dataset: Dataset) -> list[TableFile]:
    definitions = load_part_definitions(dataset.skeleton, config)
    tables = {
        "sentences": sentences_table(bank(definitions, config.language)),
        "posecode_dictionary": posecode_dictionary_table(definitions, column_names(definitions)),
    }
    return [
        write_table(config.out, f"{name}.parquet", [table], table.schema) for name, table in tables.items()
    ]


def _features(
    config: GenerateConfig, files: list[TableFile], progress: Progress
) -> tuple[list[FeatureRecord], list[TableFile]]:
    """The feature sets that come with the shards from the start."""
    from posecap.encoders import load_encoder

    name = config.encoder or ""
    encoder = load_encoder(name, config.device, BATCH_SIZE)
    job = FeatureJob(config.out, WORK, encoder, name, config.device, BATCH_SIZE, Engine.of(config))
    rows, num_labels = {file.path: file.rows for file in files}, len(different_labels(config.out / LABELS))
    wanted = [FeatureSet.of(one, "sentence") for one in dict.fromkeys(config.granularities)]
    parts = [part for one in wanted for part in feature_parts(encoder, one, rows, num_labels)]
    made = job.make(parts, job.done(parts), progress)
    records = []
    for one in wanted:
        own = [part for part in made if part.target.rpartition("/")[0] == one.table(encoder)]
        records.append(feature_record(encoder, one, own))
        warn_of_truncation(records[-1], encoder, progress)
    return records, [part.file for part in made]


def _add_seconds(records: list[PartRecord]) -> dict[str, float]:
    total: dict[str, float] = {}
    for record in records:
        for stage, seconds in record.seconds.items():
            total[stage] = total.get(stage, 0.0) + seconds
    return total
