"""What an exported file says of itself: metadata that a program can use the network by.

Every value is text; where it is more than a word it is JSON.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lifting.backbones import Lifter
from lifting.backbones.d3dp import D3DP
from lifting.data import Windows
from lifting.export.signature import input_ports, output_port
from lifting.runs import Run, versions
from posecap.skeletons import load_skeleton

if TYPE_CHECKING:
    from onnx import ModelProto

FORMAT, FORMAT_VERSION = "lifting onnx", 1
METRES = (
    "metres, camera frame (x right, y down, z away), relative to joint 0; subtract joint 0 to hold it there"
)
MOTIONBERT = (
    "half image widths, as MotionBERT's public weights give; subtract joint 0 for poses relative to it"
)
NORMALISATION = "x = 2 * x_pixels / width - 1; y = (2 * y_pixels - height) / width"


def add_metadata(proto: ModelProto, run: Run, model: Lifter) -> None:
    """Writes the facts of a run into the model's metadata."""
    for key, value in facts(run, model).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        proto.metadata_props.add(key=key, value=text)


def facts(run: Run, model: Lifter) -> dict[str, Any]:
    """Format, inputs and outputs, joints, normalisation, recipe, and where the weights come from."""
    unit = _unit(run)
    found = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "backbone": run.info.recipe.backbone.name,
        "inputs": [asdict(port) for port in input_ports(model, unit)],
        "outputs": [asdict(output_port(unit))],
        "frames": model.frames,
        "frames_per_second": _rate(run),
        "normalisation": NORMALISATION,
        "skeleton": run.info.skeleton,
        **_joints(run, model),
        "recipe": run.info.recipe.model_dump(mode="json"),
        "keypoints": run.info.keypoints,
        "versions": {"run": run.info.versions, "export": versions()},
        "weights_sha256": hashlib.sha256(run.weights_file.read_bytes()).hexdigest(),
    }
    return found | ({"diffusion": _diffusion(model)} if isinstance(model, D3DP) else {})


def _rate(run: Run) -> float | None:
    """Frames a second of the clips that it was trained on, at the commonest rate of recordings."""
    clips = run.info.recipe.clips
    if not run.info.fps:
        return clips.rate
    return Windows(clips.frames, rate=clips.rate).kept_rate(run.info.fps[0])


def _unit(run: Run) -> str:
    return METRES if run.is_metric else MOTIONBERT


def _joints(run: Run, model: Lifter) -> dict[str, Any]:
    """Names, parents and mirrored order; nothing where the weights are of some other skeleton."""
    skeleton = load_skeleton(run.info.skeleton)
    if len(skeleton.joints) != model.joints:
        return {}
    return {
        "joints": list(skeleton.joints),
        "parents": list(skeleton.parents),
        "mirror_joints": skeleton.mirror_order().tolist(),
    }


def _diffusion(model: D3DP) -> dict[str, Any]:
    """What sampling around the denoiser needs; poses enter it clamped and divided by the scale."""
    return {
        "schedule": "cosine",
        "timesteps": model.schedule.timesteps,
        "scale": model.scale,
        "clamp": 1.1 * model.scale,
        "alphas_cumprod": model.schedule.alphas_cumprod.tolist(),
    }
