"""Whole tables of a shard directory, for tools and people; `reader` adds rows for training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from posecap.errors import InputError, unknown_name
from posecap.manifests import validate
from posecap.posecodes.definitions import Definitions
from posecap.shards.manifest import DEFINITIONS, MANIFEST, FeatureRecord, ShardManifest, read_manifest
from posecap.shards.rows import Features, matrix
from posecap.shards.store import Store, address_of, open_store


class WholeTables:
    """The tables, text features and files of a shard directory."""

    def __init__(self, path: str | Path) -> None:
        self.path = address_of(path) if ":/" in str(path) else str(path)
        self.store: Store = open_store(self.path)
        self.manifest: ShardManifest = read_manifest(self.store.text(MANIFEST), f"{self.path}/{MANIFEST}")

    # whole tables

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """A whole table by its name in the manifest, `frames`, `views/gt`, ...; refuses a changed file."""
        if name not in self.manifest.tables:
            raise unknown_name("table", name, self.manifest.tables)
        tables: list[pa.Table] = []
        for path in self.files(name):
            rows = self.store.read(path, self.manifest.files[path], columns)
            if tables and rows.schema != tables[0].schema:
                raise InputError(f"{self.path}/{path}: is not a part of {name} (its columns differ)")
            tables.append(rows)
        return pa.concat_tables(tables) if tables else pa.table({})

    def sequences(self) -> pa.Table:
        """One row per sequence."""
        return self.table("sequences")

    def labels(self) -> pa.Table:
        """Action labels."""
        return self.table("labels")

    def cameras(self) -> pa.Table:
        """One row per sequence and camera."""
        return self.table("cameras")

    def frames(self, columns: list[str] | None = None) -> pa.Table:
        """One row per 3D frame."""
        return self.table("frames", columns)

    def views(self, source: str, columns: list[str] | None = None) -> pa.Table:
        """One row per view and frame of a 2D source."""
        self._check_source(source)
        return self.table(f"views/{source}", columns)

    def captions(self, columns: list[str] | None = None) -> pa.Table:
        """The different captions."""
        return self.table("captions", columns)

    def posecodes(self, columns: list[str] | None = None) -> pa.Table:
        """One int8 category column per posecode; see `posecode_dictionary`."""
        return self.table("posecodes", columns)

    def posecode_dictionary(self) -> pa.Table:
        """Kind, roles, categories and thresholds of each column of `posecodes`."""
        return self.table("posecode_dictionary")

    def sentences(self) -> pa.Table:
        """The sentence bank."""
        return self.table("sentences")

    def definitions(self) -> Definitions:
        """The posecode definitions that the shards were made with."""
        text = self.store.checked_text(DEFINITIONS, self.manifest.files[DEFINITIONS])
        return validate(Definitions, yaml.safe_load(text), f"{self.path}/{DEFINITIONS}")

    # text features

    @property
    def encoders(self) -> tuple[str, ...]:
        """Encoders whose features are here."""
        return tuple(dict.fromkeys(record.encoder for record in self.manifest.features))

    def feature_record(
        self, encoder: str | None = None, granularity: str = "sentence", context: str | None = None
    ) -> FeatureRecord:
        """Which model made a feature set; None takes the first. InputError if it is not here.

        `context` is what the encoder read, "sentence" or "caption", where granularity leaves a choice.
        """
        encoders = self.encoders
        if not encoders:
            raise InputError(f"{self.path}: holds no text features: add some with posecap embed")
        if encoder is not None and encoder not in encoders:
            raise unknown_name("encoder", encoder, encoders)
        encoder = encoder or encoders[0]
        own = [record for record in self.manifest.features if record.encoder == encoder]
        for record in own:
            if record.granularity == granularity and context in (None, record.context):
                return record
        wanted = granularity if context is None else f"{granularity} ({context})"
        known = [one.granularity if context is None else f"{one.granularity} ({one.context})" for one in own]
        raise unknown_name(f"granularity of {encoder}", wanted, known)

    def features(
        self, encoder: str | None = None, granularity: str = "sentence", context: str | None = None
    ) -> Features:
        """A feature set as NumPy arrays; row i of granularity `sentence` is sentence_id i."""
        record = self.feature_record(encoder, granularity, context)
        table = self.table(record.table)
        ids, vectors = table.column(0).to_numpy(), matrix(table.column("vector"), record.dimension)
        if granularity == "token":
            first = np.flatnonzero(table.column("token").to_numpy() == 0)
            return Features(record, ids[first], vectors, np.append(first, len(ids)))
        if granularity == "caption" and len(self.files(record.table)) > 1:
            order = np.argsort(ids)
            ids, vectors = ids[order], vectors[order]
        return Features(record, ids, vectors)

    # what is there

    @property
    def sources(self) -> tuple[str, ...]:
        """2D sources."""
        return self.manifest.keypoints

    @property
    def num_joints(self) -> int:
        """Joints of every pose."""
        return len(self.manifest.skeleton.joints)

    def files(self, table: str) -> list[str]:
        """Files of a table, within the shards, in row order."""
        single = f"{table}.parquet"
        if single in self.manifest.files:
            return [single]
        return sorted(path for path in self.manifest.files if path.rpartition("/")[0] == table)

    def _check_source(self, source: str) -> None:
        if source not in self.sources:
            raise unknown_name("2D source", source, self.sources)

    def parquet(self, path: str) -> pq.ParquetFile:
        """A Parquet file of the shards by its path in them; InputError where it is not as it was written."""
        return self.store.parquet(path, self.manifest.files[path])
