"""fc, tf, cm and their controls: what must change f_trans and what must not."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from lifting.alignment import TextBatch, build_alignment
from lifting.alignment.diagnostics import between_frame_share, gradient_norms
from posecap.errors import InputError

MEMBERS = {
    "fc": {},
    "fc by statement": {"slots": "statement"},
    "tf": {"heads": 2},
    "cm": {"heads": 2},
    "cm, two blocks, residual of the pose": {"heads": 2, "blocks": 2, "residual": "pose"},
}


@pytest.fixture(params=MEMBERS)
def alignment(request):
    torch.manual_seed(0)
    name = request.param.split(" ")[0].rstrip(",")
    return build_alignment(name, channels=8, joints=5, text_dim=6, **MEMBERS[request.param])


@pytest.fixture
def features() -> torch.Tensor:
    return torch.randn(2, 3, 5, 8, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def text() -> TextBatch:
    generator = torch.Generator().manual_seed(2)
    ids = torch.randint(0, 10, (2, 3, 4), generator=generator)
    ids[0, 0, 3] = ids[1, 1, 2] = ids[1, 1, 3] = -1
    return TextBatch(ids, torch.randn(10, 6, generator=generator), ids >= 0)


def test_aligned_features_differ_between_joints(alignment, features, text):
    aligned = alignment(features, text).features
    assert aligned.shape == features.shape
    distances = torch.cdist(aligned[0, 0], aligned[0, 0])
    assert (distances + torch.eye(5)).min() > 1e-3


def test_changing_one_sentence_changes_its_frame_and_no_other(alignment, features, text):
    ids = text.ids.clone()
    ids[0, 1, 2] = (ids[0, 1, 2] + 1) % 10
    before = alignment(features, text).features
    after = alignment(features, dataclasses.replace(text, ids=ids)).features
    changed = (before - after).abs().amax((-2, -1))
    assert changed[0, 1] > 1e-4
    changed[0, 1] = 0
    assert changed.max() < 1e-6


def test_padding_and_masked_sentences_have_no_influence(alignment, features, text):
    before = alignment(features, text)
    padding = torch.full((2, 3, 2), -1)
    longer = TextBatch(
        torch.cat([text.ids, padding], -1), text.bank, torch.cat([text.mask, padding >= 0], -1)
    )
    torch.testing.assert_close(alignment(features, longer).features, before.features)
    masked = text.mask.clone()
    masked[0, 1, 2] = False
    ids = text.ids.clone()
    hidden = alignment(features, TextBatch(ids.clone(), text.bank, masked)).features
    ids[0, 1, 2] = (ids[0, 1, 2] + 5) % 10
    torch.testing.assert_close(alignment(features, TextBatch(ids, text.bank, masked)).features, hidden)


def test_frames_without_sentences_give_numbers_and_finite_gradients(alignment, features, text):
    ids = text.ids.clone()
    ids[0] = -1
    features.requires_grad_()
    out = alignment(features, TextBatch(ids, text.bank, ids >= 0))
    assert out.features.isfinite().all()
    (out.losses["kl"] + out.pose2.square().mean()).backward()
    gradients = [parameter.grad for parameter in alignment.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
    assert features.grad[1].any()


def test_a_batch_without_any_sentence_has_no_divergence(alignment, features, text):
    ids = torch.full_like(text.ids, -1)
    out = alignment(features, TextBatch(ids, text.bank, ids >= 0))
    assert out.losses["kl"].item() == 0
    assert out.pose2.isfinite().all()


def test_rows_of_a_large_bank_that_are_not_told_cost_nothing_and_change_nothing(alignment, features, text):
    places = torch.randperm(3000, generator=torch.Generator().manual_seed(0))[:10]
    bank = torch.full((3000, 6), float("nan"))
    bank[places] = text.bank
    large = TextBatch(places[text.rows].masked_fill(text.ids < 0, -1), bank, text.mask)
    if getattr(alignment, "by_position", True):
        large.bank[0] = 0  # the row that padding looks up
        found = alignment(features, large).features
        torch.testing.assert_close(found, alignment(features, text).features)
    assert len(large.compact().bank) <= 11


@pytest.mark.parametrize("name", ["tf", "cm"])
def test_order_of_sentences_does_not_matter(name, features, text):
    alignment = build_alignment(name, channels=8, joints=5, text_dim=6, heads=2)
    turned = TextBatch(text.ids.flip(-1), text.bank, text.mask.flip(-1))
    torch.testing.assert_close(alignment(features, turned).features, alignment(features, text).features)


def test_every_frame_weight_is_heeded(features, text):
    alignment = build_alignment("cm", channels=8, joints=5, text_dim=6, heads=2)
    weight = torch.tensor([[1.0, 1, 0], [0, 0, 0]])
    found = alignment(features, dataclasses.replace(text, weight=weight)).losses["kl"]
    part = TextBatch(text.ids[:1, :2], text.bank, text.mask[:1, :2])
    torch.testing.assert_close(found, alignment(features[:1, :2], part).losses["kl"])


def test_text_transformer_gives_each_frame_what_it_gives_it_alone(features, text):
    alignment = build_alignment("tf", channels=8, joints=5, text_dim=6, heads=2)
    ids = text.ids.clone()
    ids[1] = ids[0]  # texts that occur twice
    whole = alignment(features, TextBatch(ids, text.bank, ids >= 0)).features
    for clip, frame in ((0, 0), (1, 0), (1, 2)):
        one = TextBatch(ids[clip, frame][None, None], text.bank, ids[clip, frame][None, None] >= 0)
        alone = alignment(features[clip, frame][None, None], one).features
        torch.testing.assert_close(alone[0, 0], whole[clip, frame])


def test_gradients_reach_the_backbone_only_where_asked(features, text):
    def norms(**options):
        alignment = build_alignment("cm", channels=8, joints=5, text_dim=6, heads=2, **options)
        asked = features.clone().requires_grad_()
        out = alignment(asked, text)
        return gradient_norms({"kl": out.losses["kl"], "err2": out.pose2.square().mean()}, asked)

    assert min(norms().values()) > 0
    closed = norms(query_gradient=False, kl={"gradient": "trans"})
    assert closed == {"kl": 0.0, "err2": 0.0}
    assert norms(query_gradient=False)["kl"] > 0


@pytest.mark.parametrize("of", ["fc", "cm"])
def test_shuffled_gives_each_clip_the_text_of_another(of, features, text):
    torch.manual_seed(3)
    shuffled = build_alignment("shuffled", channels=8, joints=5, text_dim=6, of=of)
    other = TextBatch(text.ids.flip(0), text.bank, text.mask.flip(0))  # two clips: the only exchange
    torch.testing.assert_close(shuffled(features, text).features, shuffled.inner(features, other).features)
    assert shuffled.weights == {"kl": 0.5, "err2": 0.1}
    one = TextBatch(text.ids[:1], text.bank, text.mask[:1])
    moved = TextBatch(text.ids[:1].roll(1, 1), text.bank, text.mask[:1].roll(1, 1))
    found, expected = shuffled(features[:1], one).features, shuffled.inner(features[:1], moved).features
    torch.testing.assert_close(found, expected)


def test_random_features_keep_lengths_and_identity_but_not_directions(features, text):
    alignment = build_alignment("random", channels=8, joints=5, text_dim=6, of="cm")
    bank = alignment.random_bank(text.bank)
    torch.testing.assert_close(bank.norm(dim=-1), text.bank.norm(dim=-1))
    assert torch.equal(bank, alignment.random_bank(text.bank))
    assert not torch.allclose(bank, text.bank, atol=0.1)
    before = alignment(features, text).features
    turned = dataclasses.replace(text, bank=torch.nn.functional.normalize(-text.bank, dim=-1))
    scaled = dataclasses.replace(text, bank=torch.nn.functional.normalize(text.bank, dim=-1))
    assert torch.equal(alignment(features, turned).features, alignment(features, scaled).features)
    assert before.isfinite().all()


def test_none_adds_nothing(features):
    alignment = build_alignment("none", channels=8, joints=5, text_dim=6)
    out = alignment(features, None)
    assert (out.pose2, out.losses, alignment.weights, alignment.needs_text) == (None, {}, {}, False)
    assert alignment.num_parameters() == 0


def test_between_frame_share_tells_collapse():
    still = torch.randn(1, 1, 5, 8).expand(2, 10, 5, 8)
    assert between_frame_share(still) == pytest.approx(0, abs=1e-6)
    moving = torch.randn(2, 10, 1, 1).expand(2, 10, 5, 8)
    assert between_frame_share(moving) == pytest.approx(1)


def test_unknown_names_and_options_are_told_with_the_near_ones():
    sizes = {"channels": 8, "joints": 5, "text_dim": 6}
    with pytest.raises(InputError, match="known"):
        build_alignment("cross", **sizes)
    with pytest.raises(InputError, match="blocks"):
        build_alignment("cm", **sizes, block=3)
    with pytest.raises(InputError, match="channel"):
        build_alignment("cm", **sizes, kl={"axis": "chanel"})
    alignment, ids = build_alignment("fc", **sizes, num_slots=2), torch.zeros(1, 1, 3, dtype=torch.long)
    with pytest.raises(InputError, match="num_slots"):
        alignment(torch.zeros(1, 1, 5, 8), TextBatch(ids, torch.zeros(2, 6), ids >= 0))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("cm", {"heads": 3}, "8 channels cannot be shared by 3 heads"),
        ("tf", {"heads": 3}, "8 channels cannot be shared by 3 heads"),
        ("cm", {"blocks": 0}, "alignment cm: option blocks is 0, expected int, 1 or more"),
        ("fc", {"alpha": "much"}, "option alpha is 'much'"),
        ("cm", {"kl": {"axes": "joint"}}, r"kl has no option 'axes' \(did you mean axis"),
        ("cm", {"kl": {"temperature": 0}}, "kl: option temperature is 0, expected float above 0"),
        ("shuffled", {"of": "tf", "heads": "x"}, "alignment tf: option heads is 'x'"),
        ("shuffled", {"of": "none"}, "'none' reads no text"),
        ("random", {"of": "consistency"}, "'consistency' reads no text features"),
    ],
)
def test_options_that_cannot_be_built_are_told(name, options, message):
    with pytest.raises(InputError, match=message):
        build_alignment(name, channels=8, joints=5, text_dim=6, **options)
