"""Self-attention along one axis of (B, F, J, C) tokens, without ever moving the tokens themselves.

Frames and joints take turns as the sequence. Queries, keys and values must be laid out anew for the
matrix products in any case, so the change of axis is made there and costs nothing.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from lifting.backbones.linear import Linear
from posecap.errors import InputError

Axis = Literal["joints", "frames"]
LONGEST_PLAIN = 64  # tokens; up to here plain operations beat the fused kernel on a CPU
VECTOR = 16  # numbers; torch's softmax takes rows that fill no vector of a CPU one number at a time
# (B, F, J, 3, heads, D) to (3, B, J or F, heads, tokens, D), and (B, J or F, heads, tokens, D) back
_LAYOUT = {"joints": (3, 0, 1, 4, 2, 5), "frames": (3, 0, 2, 4, 1, 5)}
_LAYOUT_BACK = {"joints": (0, 1, 3, 2, 4), "frames": (0, 3, 1, 2, 4)}


class Attention(nn.Module):
    """Multi-head self-attention with one joint projection to queries, keys and values."""

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = check_heads(channels, heads)
        self.qkv = Linear(channels, 3 * channels)
        self.proj = Linear(channels, channels)

    def forward(self, x: Tensor, axis: Axis) -> Tensor:
        """(B, F, J, C) to (B, F, J, C): joints of a frame, or frames of a joint, see each other."""
        qkv = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(_LAYOUT[axis])
        mixed = attend(qkv.contiguous().flatten(1, 2))
        mixed = mixed.unflatten(0, (x.shape[0], -1)).permute(_LAYOUT_BACK[axis])
        return self.proj(mixed.reshape(x.shape))


def attend(qkv: Tensor) -> Tensor:
    """(3, N, heads, T, D) queries, keys and values to (N, heads, T, D).

    On a GPU torch's fused kernel. On a CPU plain operations where they are faster: in bfloat16 (two to
    six times), for short sequences, and wherever gradients are wanted; torch.compile fuses them itself.
    """
    if qkv.device.type != "cpu":
        return F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])
    if torch.compiler.is_compiling():
        return _softmax((qkv[0] @ qkv[1].mT) * qkv.shape[-1] ** -0.5) @ qkv[2]
    if torch.is_grad_enabled() and qkv.requires_grad:
        return _PlainSelfAttention.apply(qkv)
    if qkv.dtype == torch.bfloat16 or qkv.shape[-2] <= LONGEST_PLAIN:
        return _shares(qkv[0], qkv[1]) @ qkv[2]
    return F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2])


def check_heads(channels: int, heads: int) -> int:
    """The number of heads; InputError where they cannot share the channels."""
    if channels % heads:
        raise InputError(f"{channels} channels cannot be shared by {heads} heads")
    return heads


def split_heads(x: Tensor, heads: int) -> Tensor:
    """(N, T, C) to (N, heads, T, C / heads)."""
    return x.unflatten(-1, (heads, -1)).transpose(1, 2)


def attend_to(query: Tensor, key: Tensor, value: Tensor, hidden: Tensor | None = None) -> Tensor:
    """The same for (N, heads, T, D) queries that ask (N, heads, S, D) keys and values of others.

    hidden: (N, S) bool, keys that are not seen; every query must see one.
    """
    plain = query.dtype == torch.bfloat16 or key.shape[-2] <= LONGEST_PLAIN
    if query.device.type != "cpu" or not plain:
        seen = None if hidden is None else ~hidden[:, None, None]
        return F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
    if torch.compiler.is_compiling():
        logits = (query @ key.mT) * query.shape[-1] ** -0.5
        return (
            _softmax(logits if hidden is None else logits.masked_fill(hidden[:, None, None], -torch.inf))
            @ value
        )
    return _PlainAttention.apply(query, key, value, hidden)


def _shares(query: Tensor, key: Tensor, hidden: Tensor | None = None) -> Tensor:
    """(..., T, S) how much each query takes of each value; hidden: (..., S), those of which it takes none."""
    logits = (query @ key.mT).mul_(query.shape[-1] ** -0.5)
    return _softmax(logits if hidden is None else logits.masked_fill_(hidden[..., None, :], -torch.inf))


def _softmax(logits: Tensor) -> Tensor:
    """Over the last axis, in the type of `_working_type`, given back in the type of the logits."""
    exact = logits.to(_working_type(logits))
    if exact.shape[-1] >= VECTOR or exact.device.type != "cpu" or torch.compiler.is_compiling():
        return exact.softmax(dim=-1).to(logits.dtype)
    powers = (exact - exact.amax(dim=-1, keepdim=True)).exp()
    return (powers / powers.sum(dim=-1, keepdim=True)).to(logits.dtype)


def _working_type(logits: Tensor) -> torch.dtype:
    """float32 for short rows of half types (exacter, and on a CPU twice as fast), else their own type."""
    short = logits.shape[-1] <= LONGEST_PLAIN
    return torch.promote_types(logits.dtype, torch.float32) if short else logits.dtype


class _PlainAttention(torch.autograd.Function):
    """`attend_to` with gradients in as few passes as they take."""

    @staticmethod
    def forward(ctx: Any, query: Tensor, key: Tensor, value: Tensor, hidden: Tensor | None) -> Tensor:
        parts = [part.flatten(0, 1) for part in (query, key, value)]
        of_heads = None if hidden is None else hidden.repeat_interleave(query.shape[1], dim=0)
        shares = _shares(parts[0], parts[1], of_heads)
        ctx.save_for_backward(*parts, shares)
        return torch.bmm(shares, parts[2]).unflatten(0, query.shape[:2])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        *parts, shares = ctx.saved_tensors
        answers = [torch.empty_like(part) for part in parts]
        _write_gradients(gradient.flatten(0, 1), shares, parts, answers)
        return *(answer.unflatten(0, gradient.shape[:2]) for answer in answers), None


class _PlainSelfAttention(torch.autograd.Function):
    """`attend` with the gradients of queries, keys and values written into one array, as they came."""

    @staticmethod
    def forward(ctx: Any, qkv: Tensor) -> Tensor:
        shares = _shares(qkv[0], qkv[1])
        ctx.save_for_backward(qkv, shares)
        return shares @ qkv[2]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        qkv, shares = ctx.saved_tensors
        answer = torch.empty_like(qkv)
        parts, answers = ([part.flatten(0, 1) for part in of] for of in (qkv, answer))
        _write_gradients(gradient.flatten(0, 1), shares.flatten(0, 1), parts, answers)
        return answer


def _write_gradients(gradient: Tensor, shares: Tensor, parts: list[Tensor], answers: list[Tensor]) -> None:
    """Gradients of queries, keys and values (N, T or S, D) into `answers`, from that of what they gave."""
    (query, key, value), (of_query, of_key, of_value) = parts, answers
    torch.bmm(shares.mT, gradient, out=of_value)
    exact = _working_type(shares)
    exact_shares = shares.to(exact)
    of_shares = torch.bmm(gradient, value.mT).to(exact).mul_(exact_shares)
    # the softmax's gradient: what is left after the part that all logits have in common
    of_logits = of_shares.addcmul_(exact_shares, of_shares.sum(-1, keepdim=True), value=-1)
    of_logits = of_logits.mul_(query.shape[-1] ** -0.5).to(query.dtype)
    torch.bmm(of_logits, key, out=of_query)
    torch.bmm(of_logits.mT, query, out=of_key)
