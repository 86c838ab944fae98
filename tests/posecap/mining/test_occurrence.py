"""How often categories occur in shards."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from posecap.errors import InputError
from posecap.mining import count_shards, mine, occurrences
from posecap.mining.occurrence import Occurrence
from posecap.posecodes import extract, load_definitions

DEFINITIONS = load_definitions("h36m17")


@pytest.fixture
def shards():
    """What `open_shards` gives, as far as counting reads it: two sequences of 30 and 20 frames."""
    joints = np.random.default_rng(0).normal(0, 0.3, (50, 17, 3))
    joints[:, 8, 2] += 1
    table = extract(joints).category_table()
    names = [f"c{place}" for place in range(table.shape[1])]
    keys = ["S1/Walking"] * 30 + ["S9/Eating"] * 20
    posecodes = pa.table({"sequence": keys, **dict(zip(names, table.T.copy(), strict=True))})
    sequences = pa.table(
        {"sequence": ["S1/Walking", "S9/Eating"], "action": ["Walking", "Eating"], "split": ["train", "test"]}
    )
    return SimpleNamespace(
        path="shards",
        table=table,
        manifest=SimpleNamespace(dataset="tiny"),
        definitions=lambda: DEFINITIONS,
        posecode_dictionary=lambda: pa.table({"column": names}),
        posecodes=posecodes.select,
        sequences=lambda: sequences,
    )


def test_every_measured_category_has_a_row_with_its_share_and_mark(shards) -> None:
    rows = occurrences(shards)
    assert {row["action"] for row in rows} == {""}
    assert not [row for row in rows if row["kind"] == "headTurnY"]
    knee = [row for row in rows if row["joints"] == ("left_hip", "left_knee", "left_ankle")]
    assert [row["category"] for row in knee] == list(DEFINITIONS.kinds["angle"].categories)
    assert sum(row["frames"] for row in knee) == 50
    assert sum(row["share"] for row in knee) == pytest.approx(1)
    assert [row["mark"] for row in knee] == ["support", "told", "told", "told", "told", "told"]
    column = DEFINITIONS.column("angle", knee[0]["joints"])
    assert knee[2]["frames"] == (shards.table[:, column] == 2).sum()


def test_marks_say_what_becomes_of_a_category(shards) -> None:
    marks = {(row["kind"], row["joints"], row["category"]): row["mark"] for row in occurrences(shards)}
    assert marks["distance", ("left_hand", "head"), "close"] == "rare"
    assert marks["distance", ("left_hand", "head"), "wide"] == "not told"
    assert marks["relativePosX", ("left_hand", "right_hand"), "ignored_relpos0a"] == "ignored"
    assert marks["super", ("kneeling",), "kneeling"] == "rare"


def test_actions_add_up_to_all(shards) -> None:
    rows = occurrences(shards, by_action=True)
    total = {}
    for row in rows:
        key = row["kind"], row["joints"], row["category"]
        total.setdefault(key, {})[row["action"]] = row["frames"]
    assert all(set(one) == {"", "Eating", "Walking"} for one in total.values())
    assert all(one[""] == one["Eating"] + one["Walking"] for one in total.values())
    assert [row["action"] for row in rows] == sorted(row["action"] for row in rows)


def test_only_the_poses_of_a_split_are_mined(shards) -> None:
    assert count_shards(shards, split="train").num_poses == 30
    assert count_shards(shards).num_poses == 50
    with pytest.raises(InputError, match="no sequence of split 'val'"):
        count_shards(shards, split="val")


def test_shards_of_other_definitions_are_refused(shards) -> None:
    shards.posecode_dictionary = lambda: pa.table({"column": ["c0"]})
    with pytest.raises(InputError, match="are not those of posescript"):
        occurrences(shards, definitions=load_definitions("posescript"))


@pytest.mark.parametrize(
    ("out", "words"), [("mine.json", "ends in .yaml"), ("no/mine.yaml", "no such directory")]
)
def test_a_file_that_cannot_be_written_is_refused_first(tmp_path, out: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        mine(tmp_path / "absent", tmp_path / out)


@pytest.mark.parametrize("num_actions", [0, 3, 10, 24, 60])
def test_a_picture_of_many_actions_grows_downward_not_wide(num_actions, tmp_path):
    from posecap.mining.picture import draw_occurrences

    actions = ["", *(f"action {number}" for number in range(num_actions))]
    rows = [
        Occurrence(
            action=action, kind="angle", joints=("a", "b"), category="c", mark=mark, frames=1, share=0.5
        )
        for action in actions
        for mark in ("told", "rare")
    ]
    draw_occurrences(rows, tmp_path / "stats.png")
    width, height = struct.unpack(">II", (tmp_path / "stats.png").read_bytes()[16:24])
    assert 500 < width < 2600
    assert height > 60 * (1 + num_actions // 14)
    assert [path.name for path in tmp_path.iterdir()] == ["stats.png"]
