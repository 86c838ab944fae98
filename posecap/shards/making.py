"""Making the parts of feature sets, by whichever engine, resumable: `generate` and `embed` do it alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from posecap.shards.encoding import FeatureMaker, FeatureWork, MeanWork
from posecap.shards.engines import Engine
from posecap.shards.features import FeaturePart, MadePart
from posecap.shards.files import TableFile, is_whole, write_text
from posecap.shards.settings import Progress

if TYPE_CHECKING:
    from posecap.encoders import Encoder


@dataclass
class FeatureJob:
    """Features of one encoder for the shards in `root`; records of what is done lie in its folder `work`.

    `name`, `device` and `batch_size` are what other processes load the encoder by.
    """

    root: Path
    work: str
    encoder: Encoder
    name: str
    device: str | None
    batch_size: int
    engine: Engine

    def done(self, parts: list[FeaturePart]) -> dict[str, MadePart]:
        """By target those of the parts that an earlier run has made, byte for byte as it wrote them."""
        wanted = {part.target for part in parts}
        return {made.target: made for made in self._recorded() if made.target in wanted}

    def make(self, parts: list[FeaturePart], done: dict[str, MadePart], progress: Progress) -> list[MadePart]:
        """All parts made, those of `done` taken as they are."""
        if not parts:
            return []
        done = dict(done)
        progress.start("features", sum(part.texts for part in parts), "texts")
        progress.advance("features", sum(part.texts for part in done.values()))
        for made in self._run([part for part in parts if part.target not in done]):
            self._record(made)
            done[made.target] = made
            progress.advance("features", made.texts)
        progress.finish("features")
        return [done[part.target] for part in parts]

    def _run(self, parts: list[FeaturePart]) -> Iterator[MadePart]:
        """Few texts are encoded here, captions wherever the engine says, means where no model is needed."""
        maker = FeatureMaker(self.root, self.encoder)
        encoded = [part for part in parts if part.wanted.is_encoded]
        for part in encoded:
            if part.wanted.source != "captions":
                yield maker.make(part)
        captions = [part for part in encoded if part.wanted.source == "captions"]
        work = FeatureWork(self.root, self.name, self.device, self.batch_size, maker)
        yield from self.engine.run(work, captions)
        means = [part for part in parts if not part.wanted.is_encoded]
        if means:
            yield from self.engine.run(MeanWork(self.root, maker.bank), means)

    @property
    def _folder(self) -> Path:
        return self.root / self.work / self.encoder.info.weights_sha256

    def _record(self, made: MadePart) -> None:
        path = self._folder / f"{made.target.replace('/', '@')}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(asdict(made)))

    def _recorded(self) -> Iterator[MadePart]:
        for path in sorted(self._folder.glob("*.json")):
            data = json.loads(path.read_text(encoding="utf-8"))
            made = MadePart(**{**data, "file": TableFile(**data["file"])})
            if is_whole(self.root, made.file):
                yield made
