"""Marks and removal rules from data, against plain counting."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from posecap.mining import Counts, count_tables, mine_rules, mined_definitions, write_definitions
from posecap.mining.rules import MIN_POSES, PAIR_FROM, TRIPLE_FROM
from posecap.posecodes import extract, load_definitions
from posecap.posecodes.codes import statements_of
from posecap.posecodes.statements import single_roles

DEFINITIONS = load_definitions("h36m17")


def motion(num: int = 3000, seed: int = 0) -> np.ndarray:
    """(N, 17, 3) poses that have a little structure: one body, bent in a few independent ways."""
    rng = np.random.default_rng(seed)
    base = rng.normal(0, 0.2, (17, 3))
    base[[7, 8, 9, 10], 2] += [0.3, 0.6, 0.8, 0.9]
    ways = rng.normal(0, 0.2, (4, 17, 3))
    return base + np.tensordot(rng.normal(size=(num, 4)), ways, 1)


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    one = extract(motion()).category_table()
    return np.concatenate([one, DEFINITIONS.mirror_categories(one)[:-200]])  # nearly as often on both sides


@pytest.fixture(scope="module")
def counts(table: np.ndarray) -> Counts:
    return count_tables(DEFINITIONS, np.array_split(table, 3), "test motion")


def test_counts_do_not_depend_on_how_the_poses_are_cut(table: np.ndarray, counts: Counts) -> None:
    whole = count_tables(DEFINITIONS, [table], "test motion")
    assert whole.num_poses == counts.num_poses == len(table)
    assert (whole.rows == counts.rows).all()
    assert (whole.weights == counts.weights).all()


def test_counts_are_those_of_the_table(table: np.ndarray, counts: Counts) -> None:
    for column, total in enumerate(counts.categories):
        assert [(table[:, column] == category).sum() for category in range(len(total))] == total.tolist()
    selected, supers = statements_of(DEFINITIONS, table)
    assert (counts.weights @ counts.selected == selected.sum(0)).all()
    assert (counts.supers == supers.sum(0)).all()
    assert counts.statistics().counts["super(kneeling)"][1] == supers[:, 3].sum()


def told_parts(name: str) -> set[str]:
    statement = DEFINITIONS.statements[DEFINITIONS.statement_ids[name]]
    return {role for part in (statement.subject, statement.object) if part for role in single_roles(part)}


def mirrored(name: str) -> str:
    return DEFINITIONS.statements[DEFINITIONS.mirror_ids[DEFINITIONS.statement_ids[name]]].name


def test_every_rule_holds_by_plain_counting_on_both_sides(table: np.ndarray, counts: Counts) -> None:
    selected, _ = statements_of(DEFINITIONS, table)
    ids = DEFINITIONS.statement_ids
    rules = mine_rules(counts)
    assert {len(rule.given) for rule in rules} == {1, 2}
    known = {(frozenset(rule.given), rule.remove) for rule in rules}
    for rule in rules:
        given = selected[:, [ids[name] for name in rule.given]].all(1)
        assert given.sum() == rule.of
        assert (given & selected[:, ids[rule.remove]]).sum() == rule.poses >= MIN_POSES
        assert rule.poses / rule.of >= (PAIR_FROM if len(rule.given) == 1 else TRIPLE_FROM)
        assert all(told_parts(rule.remove) & told_parts(name) for name in rule.given)
        assert not DEFINITIONS.statements[ids[rule.remove]].rare
        assert (frozenset(mirrored(name) for name in rule.given), mirrored(rule.remove)) in known
        assert (frozenset([rule.remove]), rule.given[0]) not in known or len(rule.given) == 2


def test_no_pair_that_qualifies_is_missed(table: np.ndarray, counts: Counts) -> None:
    selected, _ = statements_of(DEFINITIONS, table)
    known = {frozenset((*rule.given, rule.remove)) for rule in mine_rules(counts)}
    together = selected.T.astype(int) @ selected
    holds = (together >= MIN_POSES) & (together >= PAIR_FROM * np.maximum(together.diagonal()[:, None], 1))
    found = 0
    for one, other in itertools.permutations(DEFINITIONS.statements, 2):
        valid = holds[one.id, other.id] and holds[one.mirror, other.mirror]
        if (
            valid
            and not other.rare
            and other.id != one.mirror
            and told_parts(one.name) & told_parts(other.name)
        ):
            found += 1
            assert frozenset((one.name, other.name)) in known
    assert found


def test_marks_follow_the_shares(counts: Counts) -> None:
    mined = mined_definitions(counts, "mine")
    mirror = DEFINITIONS.mirror
    for column, (kind_name, entry) in enumerate(mined.columns):
        kind = mined.kinds[kind_name]
        other = counts.categories[mirror.columns[column]]
        both = counts.categories[column] + (other[::-1] if mirror.reverses[column] else other)
        if not both.sum():
            continue
        shares = dict(zip(kind.categories, both / both.sum(), strict=True))
        for category in entry.acceptable:
            assert (category in entry.rare) == (shares[category] < 0.06)
            assert shares[category] < 0.4 or category in (*entry.support_1, *entry.support_2)
            assert category not in kind.ignored


def test_marks_of_what_was_never_measured_stay(table: np.ndarray) -> None:
    """As sideways relations in captions that belong to views."""
    without = table.copy()
    sideways = [index for index, (kind, _) in enumerate(DEFINITIONS.columns) if kind == "relativePosX"]
    without[:, sideways] = -1
    mined = mined_definitions(count_tables(DEFINITIONS, [without]), "mined")
    assert mined.kinds["relativePosX"] == DEFINITIONS.kinds["relativePosX"]
    assert mined.kinds["relativePosY"] != DEFINITIONS.kinds["relativePosY"]


def test_mined_marks_give_every_statement_words_of_its_own(counts: Counts) -> None:
    from posecap.captions import bank

    mined = mined_definitions(counts, "mine")
    texts = [sentence.text for sentence in bank(mined)]
    assert len(set(texts)) == len(texts) == len(mined.statements)
    subjects = {statement.subject for statement in mined.statements if not statement.support}
    assert not {"left_backdiag", "right_backdiag"} & subjects


def test_mined_definitions_are_symmetric_and_come_back_from_their_file(tmp_path, counts: Counts) -> None:
    mined = mined_definitions(counts, "mine")
    for statement in mined.statements:
        image = mined.statements[statement.mirror]
        assert (image.mirror, image.rare, image.support) == (statement.id, statement.rare, statement.support)
    path = tmp_path / "mine.yaml"
    write_definitions(mined, path)
    assert load_definitions(str(path)).sha256 == mined.sha256
    assert [entry.name for entry in tmp_path.iterdir()] == ["mine.yaml"]


def test_marks_can_be_kept(counts: Counts) -> None:
    mined = mined_definitions(counts, "mine", marks=False)
    assert [s.name for s in mined.statements] == [s.name for s in DEFINITIONS.statements]
    assert [s.rare for s in mined.statements] == [s.rare for s in DEFINITIONS.statements]
    assert mined.statistics is not None
    assert mined.statistics.poses == counts.num_poses


def test_the_shipped_rules_and_counts_are_those_of_the_training_motion(shared) -> None:
    import json

    files = np.load(shared / "data" / "cmu_h36m17.npz")
    index = json.loads((shared / "data" / "cmu_index.json").read_text())
    keys = [one["key"] for one in index if one["split"] == "train" and not one["duplicate_of"]]
    counts = count_tables(DEFINITIONS, (extract(files[key]).category_table() for key in keys))
    shipped = DEFINITIONS.statistics
    assert shipped is not None
    assert counts.statistics().counts == shipped.counts
    selected, weights = counts.selected, counts.weights
    for rule in DEFINITIONS.removal_rules:
        given = selected[:, [DEFINITIONS.statement_ids[name] for name in rule.given]].all(1)
        removed = given & selected[:, DEFINITIONS.statement_ids[rule.remove]]
        assert (int(weights[removed].sum()), int(weights[given].sum())) == (rule.poses, rule.of)
