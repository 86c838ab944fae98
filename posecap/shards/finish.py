"""The end of a run: what parts share is merged, bank, features and manifest are added, work files go."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from posecap.captions import bank
from posecap.errors import InputError
from posecap.shards.assembly import make_manifest, summarize
from posecap.shards.directory import KeptError, clear_partial
from posecap.shards.embedding import warn_of_truncation
from posecap.shards.encoding import FeatureMaker
from posecap.shards.engines import Engine
from posecap.shards.features import FeatureSet, different_labels, feature_parts, feature_record
from posecap.shards.files import TableFile, write_table
from posecap.shards.manifest import FeatureRecord, write_manifest
from posecap.shards.merge import merge_captions, merge_small
from posecap.shards.part import WORK, PartRecord
from posecap.shards.plan import Plan
from posecap.shards.settings import GenerateConfig, Progress, Summary
from posecap.shards.tables import posecode_dictionary_table, sentences_table
from posecap.shards.telling import column_names, load_part_definitions

if TYPE_CHECKING:
    from posecap.readers import Dataset


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
    files += merge_captions(out, records, Engine.of(config), progress)
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
    manifest = make_manifest(config, dataset, plan, files, features)
    write_manifest(out, manifest)
    shutil.rmtree(out / WORK)
    return summarize(out, manifest, seconds, resumed)


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

    encoder = load_encoder(config.encoder or "", config.device)
    maker, rows = FeatureMaker(config.out, encoder), {file.path: file.rows for file in files}
    num_labels = len(different_labels(config.out / "labels.parquet"))
    wanted = [FeatureSet.of(name, "sentence") for name in config.granularities]
    parts = {one: feature_parts(encoder, one, rows, num_labels) for one in wanted}
    records, made = [], []
    progress.start("features", sum(part.texts for own in parts.values() for part in own), "texts")
    for one, own in parts.items():
        new = []
        for part in own:
            new.append(maker.make(part))
            progress.advance("features", part.texts)
        records.append(feature_record(encoder, one, new))
        warn_of_truncation(records[-1], encoder, progress)
        made += [part.file for part in new]
    progress.finish("features")
    return records, made


def _add_seconds(records: list[PartRecord]) -> dict[str, float]:
    total: dict[str, float] = {}
    for record in records:
        for stage, seconds in record.seconds.items():
            total[stage] = total.get(stage, 0.0) + seconds
    return total
