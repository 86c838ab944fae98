"""An exported file beside PyTorch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from lifting.backbones import Lifter
from lifting.export.signature import OUTPUT, input_ports, random_inputs
from posecap.errors import InputError

BATCHES = (1, 3)  # clips; the export saw two


def largest_difference(model: Lifter, file: Path) -> float:
    """The largest difference of any output value on random clips; NaN where a value is not finite."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        return float(np.max([_difference(model, session, num, seed) for seed, num in enumerate(BATCHES)]))
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{file}: onnxruntime does not run the exported file ({reason})") from error


def _difference(model: Lifter, session: object, num_clips: int, seed: int) -> float:
    inputs = random_inputs(model, num_clips, seed + 1)
    with torch.inference_mode():
        expected = model(*inputs).pose.numpy()
    names = [port.name for port in input_ports(model, "")]
    feed = {name: value.numpy() for name, value in zip(names, inputs, strict=True)}
    (found,) = session.run([OUTPUT], feed)  # type: ignore[attr-defined]
    return float(np.max(np.abs(found - expected)))
