"""Attention equals torch's fused kernel on every path, forwards and backwards."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from lifting.backbones.attention import LONGEST_PLAIN, Attention, attend, attend_to


@pytest.mark.parametrize("tokens", [5, LONGEST_PLAIN + 3])
def test_it_equals_the_fused_kernel_with_and_without_gradients(tokens):
    qkv = torch.randn(3, 4, 2, tokens, 6, dtype=torch.float64, requires_grad=True)
    expected = F.scaled_dot_product_attention(*qkv.unbind())
    towards = torch.randn_like(expected)
    (wanted,) = torch.autograd.grad(expected, qkv, towards)
    found = attend(qkv)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.autograd.grad(found, qkv, towards)[0], wanted)
    with torch.no_grad():
        torch.testing.assert_close(attend(qkv), expected)


def test_half_precision_is_near():
    qkv = torch.randn(3, 4, 2, 9, 8)
    expected = attend(qkv)
    for wants_gradient in (False, True):
        halved = qkv.bfloat16().requires_grad_(wants_gradient)
        torch.testing.assert_close(attend(halved).float(), expected, atol=0.05, rtol=0.05)


def test_mixed_precision_trains():
    torch.manual_seed(0)
    attention, x = Attention(8, 2), torch.randn(2, 4, 5, 8)
    exact = torch.autograd.grad(attention(x, "frames").square().sum(), attention.qkv.weight)[0]
    with torch.autocast("cpu", torch.bfloat16):
        mixed = attention(x, "frames")
    found = torch.autograd.grad(mixed.float().square().sum(), attention.qkv.weight)[0]
    assert mixed.dtype == torch.bfloat16
    torch.testing.assert_close(found, exact, atol=0.05 * float(exact.abs().max()), rtol=0.1)


@pytest.mark.parametrize("keys", [7, LONGEST_PLAIN + 3])
@pytest.mark.parametrize("some_hidden", [False, True])
def test_asking_others_equals_the_fused_kernel(keys, some_hidden):
    sizes = (5, keys, keys)
    asked = [torch.randn(2, 3, size, 4, dtype=torch.float64, requires_grad=True) for size in sizes]
    hidden = torch.zeros(2, keys, dtype=torch.bool)
    hidden[0, 2:], hidden[1, 0] = some_hidden, some_hidden
    expected = F.scaled_dot_product_attention(*asked, attn_mask=~hidden[:, None, None])
    found = attend_to(*asked, hidden if some_hidden else None)
    torch.testing.assert_close(found, expected)
    halved = attend_to(*(part.bfloat16() for part in asked), hidden if some_hidden else None)
    torch.testing.assert_close(halved.double(), expected, atol=0.05, rtol=0.05)
    towards = torch.randn_like(expected)
    for mine, theirs in zip(
        torch.autograd.grad(found, asked, towards), torch.autograd.grad(expected, asked, towards), strict=True
    ):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("axis", ["joints", "frames"])
def test_only_the_tokens_along_the_axis_see_each_other(axis):
    torch.manual_seed(0)
    attention, x = Attention(8, 2), torch.randn(2, 4, 5, 8)
    moved = x.clone()
    moved[1, 2, 3] += 1
    changed = (attention(moved, axis) - attention(x, axis)).abs().amax(-1) > 0
    expected = torch.zeros(2, 4, 5, dtype=torch.bool)
    expected[(1, 2) if axis == "joints" else (1, slice(None), 3)] = True
    assert torch.equal(changed, expected)
