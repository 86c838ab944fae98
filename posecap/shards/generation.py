"""`generate`: a data set to a shard directory, part by part, resumable, whole or not taken for whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from posecap.captions import STYLES
from posecap.encoders.weights import find_weights
from posecap.errors import InputError, unknown_name
from posecap.shards.assembly import summarize
from posecap.shards.directory import ForeignError, KeptError, clear_partial, hold, look
from posecap.shards.engines import Engine
from posecap.shards.features import FeatureSet
from posecap.shards.files import is_whole, write_text
from posecap.shards.finish import finish
from posecap.shards.inputs import InputWork
from posecap.shards.manifest import MANIFEST, read_manifest
from posecap.shards.part import WORK, PartRecord, PartWork
from posecap.shards.plan import Plan, make_plan
from posecap.shards.settings import FRAMES, SETTINGS, GenerateConfig, Progress, Silent, Summary

if TYPE_CHECKING:
    from posecap.readers import Dataset


def generate(
    config: GenerateConfig, progress: Progress | None = None, dataset: Dataset | None = None
) -> Summary:
    """Make the shards that `config` describes in `config.out`; a half-made run of the same is resumed.

    `dataset` spares opening the data set by its name. Raises InputError, and leaves nothing where
    there was nothing, when the input is bad; when the disk is full or the process is killed, what is
    done stays for the next run.
    """
    progress = progress or Silent()
    _check_names(config)
    dataset = dataset if dataset is not None else _open(config)
    for line in getattr(dataset, "report", ()):
        progress.warn(line)
    plan = make_plan(dataset, config)
    before = look(config.out)
    with hold(config.out):
        try:
            return _generate(config, progress, dataset, plan)
        except KeptError:
            raise
        except InputError:
            _remove(config.out, before)
            raise
        except MemoryError:
            if not any((config.out / WORK / "parts").glob("*.json")):
                _remove(config.out, before)
            raise
        except OSError as error:
            raise InputError(
                f"{error.filename or config.out}: {error.strerror or error}; what is done is kept, "
                "the same command goes on from there"
            ) from error


def _open(config: GenerateConfig) -> Dataset:
    from posecap.readers import open_dataset

    return open_dataset(config.dataset, config.root, config.keypoints, **config.options)


def _check_names(config: GenerateConfig) -> None:
    """Names that are only needed at the end are looked at first."""
    if config.style not in STYLES:
        raise unknown_name("style", config.style, STYLES)
    if config.frame not in FRAMES:
        raise unknown_name("frame", config.frame, FRAMES)
    Engine.of(config).check()
    for name in config.granularities:
        FeatureSet.of(name, "sentence")
    if config.encoder is not None:
        find_weights(config.encoder)


def _generate(config: GenerateConfig, progress: Progress, dataset: Dataset, plan: Plan) -> Summary:
    out = config.out
    if (out / MANIFEST).is_file():
        return _already_whole(config, progress, dataset, plan)
    _begin(config, plan)
    done = _done_parts(out, len(plan.parts))
    _drop_changed(config, progress, dataset, plan, done)
    resumed = len(done)
    progress.start("parts", sum(plan.frames), "frames")
    progress.advance("parts", sum(record.frames for record in done.values()))
    todo = [index for index in range(len(plan.parts)) if index not in done]
    for record in Engine.of(config).run(PartWork(dataset, plan.parts, config), todo):
        write_text(_record_path(out, record.index), json.dumps(record.to_json()))
        done[record.index] = record
        progress.advance("parts", record.frames)
    progress.finish("parts")
    return finish(config, progress, dataset, plan, [done[index] for index in range(len(plan.parts))], resumed)


def _begin(config: GenerateConfig, plan: Plan) -> None:
    """Mark the directory as a run of this plan, or see that it is one."""
    clear_partial(config.out)
    mark = config.out / WORK / "run.json"
    if mark.is_file():
        if json.loads(mark.read_text(encoding="utf-8")).get("identity") != plan.identity:
            raise ForeignError(
                f"{config.out}: holds a half-made run with other settings or data: "
                "finish that one or delete it"
            )
        return
    (config.out / WORK / "parts").mkdir(parents=True, exist_ok=True)
    write_text(mark, json.dumps({"identity": plan.identity}))


def _record_path(out: Path, index: int) -> Path:
    return out / WORK / "parts" / f"{index:05d}.json"


def _done_parts(out: Path, num_parts: int) -> dict[int, PartRecord]:
    """Records of the parts whose files are all there as they were written."""
    found = {}
    for index in range(num_parts):
        path = _record_path(out, index)
        if path.is_file():
            record = PartRecord.from_json(json.loads(path.read_text(encoding="utf-8")))
            if all(is_whole(out, file) for file in (*record.files, *record.staged)):
                found[index] = record
    return found


def _drop_changed(
    config: GenerateConfig, progress: Progress, dataset: Dataset, plan: Plan, done: dict[int, PartRecord]
) -> None:
    """Take away the parts whose input is not what they were made of, and what was merged with them."""
    whole = len(done)
    for index, inputs in _inputs(config, progress, dataset, plan, sorted(done)):
        triples = zip(plan.parts[index], done[index].inputs, inputs, strict=True)
        changed = [key for key, before, now in triples if before != now]
        if changed:
            progress.warn(f"{changed[0]}: changed since it was read; its part is made again")
            for file in done.pop(index).files:
                (config.out / file.path).unlink()
    if len(done) < whole:
        for merged in ("captions", "features"):
            shutil.rmtree(config.out / merged, ignore_errors=True)


def _inputs(
    config: GenerateConfig, progress: Progress, dataset: Dataset, plan: Plan, parts: list[int]
) -> Iterator[tuple[int, list[str]]]:
    """Part number and hashes of its sequences as they are now."""
    progress.start("input", sum(plan.frames[index] for index in parts), "frames")
    for index, inputs in Engine.of(config).run(InputWork(dataset, plan.parts), parts):
        yield index, inputs
        progress.advance("input", plan.frames[index])
    progress.finish("input")


def _already_whole(config: GenerateConfig, progress: Progress, dataset: Dataset, plan: Plan) -> Summary:
    """The summary of shards that are there already, if they are what is asked for."""
    out = config.out
    manifest = read_manifest((out / MANIFEST).read_text(encoding="utf-8"), str(out / MANIFEST))
    other = [name for name in SETTINGS if getattr(config, name) != getattr(manifest, name)]
    if plan.definitions.sha256 != manifest.definitions.sha256:
        other.append("definitions")
    if [key for part in plan.parts for key in part] != [key for part in manifest.parts for key in part]:
        other.append("sequences")
    if not other:
        known = dict(_inputs(config, progress, dataset, plan, list(range(len(plan.parts)))))
        if tuple(one for index in sorted(known) for one in known[index]) != manifest.inputs:
            other.append("data")
    if other:
        raise ForeignError(
            f"{out}: holds other shards already ({', '.join(other)} differ): "
            "choose another directory or delete it"
        )
    shutil.rmtree(out / WORK, ignore_errors=True)
    return summarize(out, manifest, {}, len(plan.parts))


def _remove(out: Path, before: set[str] | None) -> None:
    """Take away what a failed run made; the directory was empty or its own before it began."""
    if before is None:
        shutil.rmtree(out, ignore_errors=True)
    elif MANIFEST not in before:
        for path in out.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
