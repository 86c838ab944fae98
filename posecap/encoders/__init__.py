"""Frozen text encoders: texts to float16 vectors. PyTorch lives here and nowhere else in posecap."""

from __future__ import annotations

from posecap.encoders.base import Encoder, EncoderInfo
from posecap.encoders.weights import find_weights

__all__ = ["Encoder", "EncoderInfo", "load_encoder"]


def load_encoder(name: str, device: str | None = None, batch_size: int = 64) -> Encoder:
    """The text encoder `name`: a directory, or a name as on the Hugging Face hub.

    Weights are looked for in that directory, in the Hugging Face cache, on the hub, and in the
    package of the `offline-encoder` extra. `device` None takes a GPU where there is one. Raises
    InputError, telling the ways to get them, where there are none.
    """
    from posecap.encoders.sentence import SentenceEncoder

    return SentenceEncoder(find_weights(name), device, batch_size)
