"""Statistical removal: what goes without saying."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from posecap import manifests
from posecap.errors import InputError
from posecap.posecodes import extract, load_definitions
from posecap.posecodes.removal import remove_implied

DEFINITIONS = load_definitions("h36m17")
IDS = DEFINITIONS.statement_ids


def told_states(num: int = 2000) -> np.ndarray:
    """(N, S) any sets of statements: more of them than geometry allows."""
    return np.random.default_rng(0).random((num, len(DEFINITIONS.statements))) < 0.3


def test_a_statement_goes_where_all_given_ones_are_told_and_stays_otherwise() -> None:
    rule = next(rule for rule in DEFINITIONS.removal_rules if len(rule.given) == 2)
    both, one = np.zeros((2, len(IDS)), bool)
    both[[IDS[name] for name in (*rule.given, rule.remove)]] = True
    one[[IDS[name] for name in (rule.given[0], rule.remove)]] = True
    alone = DEFINITIONS.model_copy(update={"removal_rules": (rule,)})
    left = remove_implied(alone, np.stack([both, one]))
    assert not left[0, IDS[rule.remove]]
    assert left[0, [IDS[name] for name in rule.given]].all()
    assert (left[1] == one).all()


def test_everything_unsaid_follows_from_something_said() -> None:
    states = told_states()
    left = remove_implied(DEFINITIONS, states)
    removed = states & ~left
    assert removed.any()
    explained = np.zeros_like(states)
    for rule in DEFINITIONS.removal_rules:
        explained[:, IDS[rule.remove]] |= left[:, [IDS[name] for name in rule.given]].all(1)
    # a given statement may itself have gone unsaid later; then what it follows from is said
    for rule in reversed(DEFINITIONS.removal_rules):
        given = (left | explained)[:, [IDS[name] for name in rule.given]].all(1)
        explained[:, IDS[rule.remove]] |= given
    assert (removed <= explained).all()


def test_rare_statements_are_never_removed() -> None:
    rare = [statement.name for statement in DEFINITIONS.statements if statement.rare]
    assert not set(rare) & {rule.remove for rule in DEFINITIONS.removal_rules}


def test_removal_obeys_the_mirror_law() -> None:
    states, mirror = told_states(), DEFINITIONS.mirror_ids
    left = remove_implied(DEFINITIONS, states)
    assert (remove_implied(DEFINITIONS, states[:, mirror]) == left[:, mirror]).all()


def test_the_input_is_not_changed_and_no_rules_change_nothing() -> None:
    states = np.asfortranarray(told_states(50))
    before = states.copy()
    remove_implied(DEFINITIONS, states)
    assert (states == before).all()
    codes = extract(np.random.default_rng(0).normal(0, 0.4, (5, 17, 3)), definitions="posescript")
    assert (remove_implied(codes.definitions, codes.selected()) == codes.selected()).all()


def test_a_rule_about_an_unknown_statement_is_refused(tmp_path) -> None:
    data = yaml.safe_load(manifests.manifest_path("posecodes", "h36m17").read_text())
    data["removal_rules"][3]["remove"] = "angle(left_knee)=curly"
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(InputError, match=r"mine.yaml: .*removal_rules.3: 'angle\(left_knee\)=curly'"):
        load_definitions(str(path))
