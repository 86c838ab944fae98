"""The linear layer equals torch's own, whichever library multiplies."""

from __future__ import annotations

import pytest
import torch

from lifting.backbones import linear
from lifting.backbones.linear import WIDE, Linear


@pytest.mark.parametrize("width", [WIDE - 8, WIDE, 2 * WIDE])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_equals_the_plain_layer_forwards_and_backwards(width, dtype):
    torch.manual_seed(0)
    layer, plain = Linear(width, 40).to(dtype), torch.nn.Linear(width, 40).to(dtype)
    plain.load_state_dict(layer.state_dict())
    x = torch.randn(2, 3, 5, width, dtype=dtype, requires_grad=True)
    towards = torch.randn(2, 3, 5, 40, dtype=dtype)
    results = []
    for module in (layer, plain):
        out = module(x)
        results.append((out, *torch.autograd.grad(out, (x, module.weight, module.bias), towards)))
    for found, expected in zip(*results, strict=True):
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=2e-5)
    with torch.no_grad():
        torch.testing.assert_close(layer(x), plain(x), atol=2e-5, rtol=2e-5)


def test_what_needs_no_gradient_gets_none():
    layer = Linear(WIDE, 8)
    layer.bias.requires_grad_(False)
    layer(torch.randn(4, WIDE)).sum().backward()
    assert layer.weight.grad is not None
    assert layer.bias.grad is None
    layer.weight.requires_grad_(False)
    x = torch.randn(4, WIDE, requires_grad=True)
    layer(x).sum().backward()
    torch.testing.assert_close(x.grad, layer.weight.sum(0).expand(4, -1), atol=1e-5, rtol=1e-5)


def test_a_torch_without_the_operation_uses_the_plain_layer(monkeypatch):
    def absent(*_):
        raise AttributeError("no such operation")

    layer, x = Linear(WIDE, 8), torch.randn(4, WIDE)
    with monkeypatch.context() as patch:
        patch.setattr(linear, "_product", absent)
        linear.has_onednn_linear.cache_clear()
        assert not linear.has_onednn_linear()
        torch.testing.assert_close(layer(x), torch.nn.functional.linear(x, layer.weight, layer.bias))
    linear.has_onednn_linear.cache_clear()


def test_mixed_precision_gives_half_types():
    with torch.autocast("cpu", torch.bfloat16):
        assert Linear(WIDE, 8)(torch.randn(4, WIDE)).dtype == torch.bfloat16
