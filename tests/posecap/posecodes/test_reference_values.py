"""Agreement with values of the public captioner, where the reference files lie beside the checkout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posecap.posecodes import Posecodes, extract

CASES = [("smplh52", 52, ""), ("smpl22", 22, "_from22")]
TOLERANCE = {"metre": 1e-4, "degree": 0.06}
NEAR_A_THRESHOLD = {"metre": 1e-5, "degree": 0.05}


@pytest.fixture(scope="module")
def reference(shared: Path):
    return np.load(shared / "reference" / "posecode_reference.npz")


def codes_of(reference, skeleton: str, num_joints: int) -> Posecodes:
    return extract(reference["coords52"][:, :num_joints], skeleton, "posescript", frame="as-is")


@pytest.mark.parametrize(("skeleton", "num_joints", "suffix"), CASES)
def test_values_and_categories_agree_for_every_kind(reference, skeleton, num_joints, suffix) -> None:
    codes = codes_of(reference, skeleton, num_joints)
    assert codes.kinds == list(reference["kinds"])
    for kind in codes.kinds:
        assert ["|".join(joints) for joints in codes.joint_sets[kind]] == list(
            reference[f"{kind}_joint_sets"]
        )
        assert list(codes.category_names[kind]) == list(reference[f"{kind}_category_names"])
        if f"{kind}_values{suffix}" not in reference:
            continue
        unit = codes.definitions.kinds[kind].unit
        expected = reference[f"{kind}_values{suffix}"]
        np.testing.assert_allclose(codes.values[kind], expected, rtol=0, atol=TOLERANCE[unit])
        distance = np.abs(expected[..., None] - reference[f"{kind}_thresholds"]).min(-1)
        differ = codes.categories[kind] != reference[f"{kind}_categories{suffix}"]
        assert not (differ & (distance > NEAR_A_THRESHOLD[unit])).any()


def test_super_posecodes_agree(reference) -> None:
    codes = codes_of(reference, "smplh52", 52)
    assert list(codes.super_posecodes) == list(reference["super_names"])
    for name, expected in zip(reference["super_names"], reference["super_eligible"].T, strict=True):
        assert (codes.super_posecodes[name] == expected).all()
