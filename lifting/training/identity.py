"""Whether a run goes on with the data and the text model that it began with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lifting.runs import RunInfo
from posecap.errors import InputError
from posecap.shards.manifest import FeatureRecord

SAME_FIELDS = ("recipe", "data_sha256", "keypoints", "seed", "captions_sha256", "videos")
OF_MODEL = ("name", "revision", "weights_sha256")


def check_model(record: FeatureRecord, weights_sha256: str | None, where: str) -> None:
    """InputError where the features are not of the weights that a recipe names (its first digits do)."""
    if weights_sha256 is not None and not record.weights_sha256.startswith(weights_sha256.lower()):
        raise InputError(
            f"{where}: the {record.granularity} features are of {record.name} with weights "
            f"{record.weights_sha256[:12]}, the recipe names weights {weights_sha256[:12]}"
        )


def check_same_run(before: RunInfo, now: RunInfo, out: Path) -> None:
    """InputError where run.json in `out` names other data, settings or another text model than now."""
    check_same_model(before.encoder, now.encoder, out)
    for field in SAME_FIELDS:
        known = getattr(before, field)
        is_older = field == "data_sha256" and known is None
        if not is_older and known != getattr(now, field):
            other = "other" if field == "videos" else "another"
            raise InputError(f"{out}: cannot be resumed with {other} {field} than it began with")


def check_same_model(before: Mapping[str, Any] | None, now: Mapping[str, Any] | None, out: Path) -> None:
    """InputError where the text features are not those of the model in run.json."""
    if before is None or now is None or all(before[field] == now[field] for field in OF_MODEL):
        return
    raise InputError(
        f"{out}: was trained with text features of {_model(before)}, the shards hold {_model(now)}"
    )


def _model(record: Mapping[str, Any]) -> str:
    return f"{record['name']} (revision {record['revision']}, weights {record['weights_sha256'][:12]})"
