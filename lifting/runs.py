"""Run folders: all that is needed to use or measure a trained lifter.

run.json says what the run is (recipe, data, seed, versions); `checkpoint/` holds the last state:
model.safetensors are the weights to use, training.safetensors and state.json what resuming needs.
`selected/` holds the weights chosen on the validation subject where the recipe asks for that.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from lifting.recipes import Recipe
from posecap import manifests
from posecap.errors import InputError
from posecap.manifests import Manifest, ManifestT
from posecap.writing import whole_file

if TYPE_CHECKING:
    from torch import Tensor

    from lifting.backbones import Lifter

RUN_FILE, CHECKPOINT, SELECTED, MODEL_FILE = "run.json", "checkpoint", "selected", "model.safetensors"
STATE_FILE = "state.json"


class RunInfo(Manifest):
    """What run.json holds."""

    format: Literal["lifting run"] = "lifting run"
    format_version: Literal[1] = 1
    recipe: Recipe
    skeleton: str = "h36m17"
    joints: int = 17
    features: str | None = None
    features_sha256: str | None = None
    data_sha256: str | None = None
    keypoints: str | None = None
    seed: int = 0
    train_subjects: tuple[str, ...] = ()
    fps: tuple[float, ...] = Field((), description="frame rates of what was trained on, the commonest first")
    encoder: dict[str, Any] | None = None
    captions_sha256: str | None = None
    videos: tuple[dict[str, Any], ...] = Field((), description="trained on with 2D and captions only")
    versions: dict[str, str] = Field(default_factory=dict)


class CheckpointState(Manifest):
    """What state.json holds; that of imported weights is empty."""

    epoch: int = 0
    items_in_epoch: int = 0
    step: int = Field(0, ge=0)
    total_steps: int | None = None
    seconds: float = 0.0
    best: float | None = None
    validated: int | None = None
    finished: bool = True


@dataclass(frozen=True)
class Run:
    """A run folder that exists."""

    path: Path
    info: RunInfo

    @property
    def weights_file(self) -> Path:
        """The weights to use: the selected ones where the recipe selects, else the last."""
        selected = self.path / SELECTED / MODEL_FILE
        return selected if selected.is_file() else checkpoint_folder(self.path) / MODEL_FILE

    @property
    def is_metric(self) -> bool:
        """Whether poses come in metres; those of imported MotionBERT weights are in half image widths."""
        return self.info.features is not None or self.info.recipe.backbone.name != "dstformer"

    def stopped(self) -> str | None:
        """Where the training was stopped before its end, None where it was not."""
        state = read_state(checkpoint_folder(self.path))
        of = "" if state.total_steps is None else f" of {state.total_steps}"
        return None if state.finished else f"stopped at step {state.step}{of}"

    def model(self) -> Lifter:
        """The lifter with its weights, ready to predict."""
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        model = build_model(self.info.recipe, self.info.joints)
        if not self.weights_file.is_file():
            raise InputError(f"{self.path}: holds no weights yet ({MODEL_FILE} is missing)")
        try:
            model.load_state_dict(load_file(self.weights_file))
        except (SafetensorError, RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{self.weights_file}: not the weights of this run ({reason})") from error
        return model.freeze()


def build_model(recipe: Recipe, joints: int = 17) -> Lifter:
    """The recipe's backbone with fresh weights."""
    from lifting.backbones import build

    return build(recipe.backbone.name, frames=recipe.clips.frames, joints=joints, **recipe.backbone.options)


def open_run(path: str | Path) -> Run:
    """The run in a folder; InputError where there is none."""
    path = Path(path)
    file = path / RUN_FILE
    if not file.is_file():
        raise InputError(f"{path}: not a run folder ({RUN_FILE} is missing)")
    return Run(path, _read_json(file, RunInfo))


def read_state(checkpoint: Path) -> CheckpointState:
    """The numbers beside a checkpoint's tensors; InputError where they cannot be read."""
    return _read_json(checkpoint / STATE_FILE, CheckpointState)


def _read_json(file: Path, model: type[ManifestT]) -> ManifestT:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: cannot be read as JSON") from error
    return manifests.validate(model, data, str(file))


def create_run(path: str | Path, info: RunInfo) -> Run:
    """A new run folder; InputError where the folder holds something already."""
    path = Path(path)
    check_folder(path)
    path.mkdir(parents=True, exist_ok=True)
    write_json(path / RUN_FILE, info.model_dump(mode="json"))
    return Run(path, info)


def check_folder(path: Path) -> None:
    """InputError where a folder for a new run holds something already."""
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InputError(f"{path}: is there already and not empty (resume that run or name another folder)")


def write_run(out: str | Path, recipe: Recipe, model: Lifter, **info: Any) -> Run:
    """A run folder around weights that were trained elsewhere; `info` are further fields of RunInfo."""
    run = create_run(out, RunInfo(recipe=recipe, joints=model.joints, versions=versions(), **info))
    write_checkpoint(run.path, {MODEL_FILE: model.state_dict()}, {})
    return run


def versions() -> dict[str, str]:
    """Versions of what decides a result's last digits."""
    found = {}
    for name in ("posecap", "torch", "numpy"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def write_json(path: Path, data: Any) -> None:
    """JSON, whole or not at all."""
    with whole_file(path) as beside:
        beside.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_checkpoint(
    run: Path, tensors: Mapping[str, Mapping[str, Tensor]], state: Mapping[str, Any]
) -> None:
    """Files of tensors and state.json under `checkpoint/`, put in place of the old ones at once."""

    def fill(folder: Path) -> None:
        for name, content in tensors.items():
            save_tensors(folder / name, content)
        write_json(folder / STATE_FILE, dict(state))

    replace_folder(run / CHECKPOINT, fill)


def save_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """A safetensors file of contiguous copies on the CPU."""
    from safetensors.torch import save_file

    save_file({key: value.detach().cpu().contiguous() for key, value in tensors.items()}, path)


def replace_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Fills a new folder and puts it in the place of `folder`; at every moment one whole folder is there."""
    new, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    for left_over in (new, old):
        if left_over.exists() and (left_over == new or folder.exists()):
            shutil.rmtree(left_over)
    new.mkdir(parents=True)
    fill(new)
    if folder.exists():
        os.replace(folder, old)
    os.replace(new, folder)
    if old.exists():
        shutil.rmtree(old)


def checkpoint_folder(run: Path) -> Path:
    """`checkpoint/`, or the old one where a crash came between the two renames."""
    folder = run / CHECKPOINT
    old = run / f"{CHECKPOINT}.old"
    return old if old.is_dir() and not folder.is_dir() else folder
