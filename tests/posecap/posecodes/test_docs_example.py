"""The definitions file in docs/posecodes.md does what the page says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from posecap.posecodes import extract, load_definitions
from posecap.posecodes.measures import MEASURES

PAGE = Path(__file__).parents[3] / "docs" / "posecodes.md"


@pytest.fixture
def page() -> str:
    if not PAGE.is_file():
        pytest.skip("needs the docs folder of a checkout")
    return PAGE.read_text()


def test_the_example_is_a_definitions_file(page: str, tmp_path: Path) -> None:
    path = tmp_path / "small.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0])
    definitions = load_definitions(str(path))
    names = {statement.name for statement in definitions.statements}
    assert "super(hands_up)=above" in names
    assert (definitions.mirror_ids >= 0).all()
    joints = np.random.default_rng(0).normal(0, 0.4, (200, 17, 3))
    joints[:, 8, 2] += 0.2
    codes = extract(joints, definitions=definitions)
    up = codes.super_posecodes["hands_up"]
    told = dict(zip([s.name for s in definitions.statements], codes.selected().T, strict=True))
    assert up.any()
    assert not told["relativePosY(left_hand, neck)=above"][up].any()
    assert told["relativePosY(left_hand, neck)=above"].any()


def test_every_measure_is_told_of(page: str) -> None:
    for name in MEASURES:
        stem, _, axis = name.rpartition("_")
        assert f"`{name}`" in page or (axis in "xyz" and f"`{stem}_x`" in page and f"`_{axis}`" in page)
