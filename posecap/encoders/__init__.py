"""Frozen text encoders: texts to float16 vectors. PyTorch lives here and nowhere else in posecap."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from posecap.encoders.base import Encoder, EncoderInfo
from posecap.encoders.weights import find_weights
from posecap.errors import InputError

__all__ = ["FAMILIES", "Encoder", "EncoderInfo", "load_encoder"]

# by the file that tells: a sentence-transformers model lists its modules, others only have a config
FAMILIES = {
    "modules.json": ("posecap.encoders.sentence", "SentenceEncoder"),
    "config.json": ("posecap.encoders.text", "TextEncoder"),
}


def load_encoder(name: str, device: str | None = None, batch_size: int = 64) -> Encoder:
    """The text encoder `name`: a directory, or a name as on the Hugging Face hub.

    Weights are looked for in that directory, in the Hugging Face cache, on the hub, and in the
    package of the `offline-encoder` extra. `device` None takes a GPU where there is one. Raises
    InputError, telling the ways to get them, where there are none, and where the files are no text
    encoder.
    """
    check_device(device)
    weights = find_weights(name)
    module, member = _family(weights.path)
    try:
        return getattr(import_module(module), member)(weights, device, batch_size)
    except Exception as error:  # whatever a file of the user's makes the libraries raise
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"text encoder '{name}': cannot be loaded from {weights.path} ({reason})") from error


def check_device(device: str | None) -> None:
    """InputError where PyTorch has no such device; None is whatever there is."""
    if device is None:
        return
    import torch

    try:
        torch.empty(0, device=device)
    except Exception as error:  # each kind of device has errors of its own
        raise InputError(f"device '{device}': not one that PyTorch can use here (cpu always is)") from error


def _family(path: Path) -> tuple[str, str]:
    for file, family in FAMILIES.items():
        if (path / file).is_file():
            return family
    raise InputError(f"{path}: holds no text encoder (neither {' nor '.join(FAMILIES)})")
