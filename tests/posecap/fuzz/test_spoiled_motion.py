"""Spoiled BVH, ASF/AMC, AMASS and BABEL files give data or one clear line."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.bvh_people import HABITS, write_person
from tests.posecap.fuzz.test_hostile_files import FUZZ, is_read_or_refused, read_all
from tests.posecap.readers.test_amass_babel import write_babel, write_joints
from tests.posecap.readers.test_asfamc import write_small

WORDS = ("", " ", "{", "}", "nan", "1e400", "-", "\0", "begin", "end", ":root", "End Site", "null")


@st.composite
def edits(draw: st.DrawFn) -> list[tuple[float, int, str]]:
    """Places in a text (0 to 1), how many letters go there, and what comes instead."""
    one = st.tuples(
        st.floats(0, 1, exclude_max=True), st.sampled_from((0, 1, 2, 5, 30)), st.sampled_from(WORDS)
    )
    return draw(st.lists(one, min_size=1, max_size=4))


def spoil(path: Path, changes: list[tuple[float, int, str]]) -> None:
    text = path.read_text()
    for place, gone, word in changes:
        start = int(place * len(text))
        text = text[:start] + word + text[start + gone :]
    path.write_text(text)


@given(edits())
@FUZZ
def test_spoiled_bvh(changes):
    with TemporaryDirectory() as folder:
        path = Path(folder) / "walk.bvh"
        write_person(path, HABITS["lafan"])
        spoil(path, changes)
        is_read_or_refused(lambda: read_all("bvh", path, cameras=1))


@pytest.mark.parametrize("name", ["07.asf", "07_01.amc"])
@given(changes=edits())
@FUZZ
def test_spoiled_asfamc(name, changes):
    with TemporaryDirectory() as folder:
        write_small(Path(folder))
        spoil(Path(folder) / name, changes)
        is_read_or_refused(lambda: read_all("asfamc", Path(folder), cameras=1))


@given(edits())
@FUZZ
def test_spoiled_babel(changes):
    with TemporaryDirectory() as folder:
        write_joints(Path(folder) / "amass" / "SFU" / "0005" / "walk_poses.npz")
        write_babel(Path(folder) / "babel")
        spoil(Path(folder) / "babel" / "val.json", changes)
        is_read_or_refused(lambda: read_all("babel", Path(folder) / "amass", babel=Path(folder) / "babel"))
