"""Without noise the mirrored pose has exactly the mirrored statements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from posecap.posecodes import extract, load_definitions
from posecap.skeletons import load_skeleton, skeleton_names

DEFINITIONS = load_definitions("h36m17")
SKELETONS = skeleton_names()
pytestmark = pytest.mark.filterwarnings("ignore:the bodies are about", "ignore:nearly all bodies lie")


def mirrored_pose(joints: np.ndarray, skeleton: str) -> np.ndarray:
    return joints[:, load_skeleton(skeleton).mirror_order()] * [-1, 1, 1]


def mirrored_statements(table: np.ndarray) -> np.ndarray:
    return table[:, DEFINITIONS.mirror_ids]


def test_every_statement_of_the_seventeen_joints_has_a_mirror_with_the_same_marks() -> None:
    for statement in DEFINITIONS.statements:
        image = DEFINITIONS.statements[statement.mirror]
        assert statement.mirror >= 0
        assert image.mirror == statement.id
        assert (image.rare, image.support) == (statement.rare, statement.support)


@pytest.mark.parametrize("skeleton", SKELETONS)
@settings(max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), spread=st.sampled_from([0.05, 0.2, 0.6]))
def test_the_mirrored_pose_has_the_mirrored_statements(skeleton: str, seed: int, spread: float) -> None:
    joints = np.random.default_rng(seed).normal(0, spread, (20, load_skeleton(skeleton).num_joints, 3))
    assert_law(joints, skeleton)


@given(
    arrays.arrays(
        np.float64, (2, 17, 3), elements=st.sampled_from([-0.3, -0.15, -0.05, 0, 0.05, 0.1, 0.15, 0.2])
    )
)
def test_the_law_holds_for_poses_on_the_thresholds(joints: np.ndarray) -> None:
    for frame in ("body", "as-is"):
        assert_law(joints, "h36m17", frame)


def assert_law(joints: np.ndarray, skeleton: str, frame: str = "body") -> None:
    one = extract(joints, skeleton, "h36m17", frame=frame)
    other = extract(mirrored_pose(joints, skeleton), skeleton, "h36m17", frame=frame)
    assert (other.true_statements() == mirrored_statements(one.true_statements())).all()
    assert (other.selected() == mirrored_statements(one.selected())).all()
    assert (other.category_table() == DEFINITIONS.mirror_categories(one.category_table())).all()


@pytest.mark.parametrize("name", ["h36m17", "posescript"])
def test_mirroring_categories_twice_is_no_change(name: str) -> None:
    definitions = load_definitions(name)
    sizes = [len(definitions.kinds[kind].categories) for kind, _ in definitions.columns]
    table = np.random.default_rng(0).integers(-1, sizes, size=(50, len(sizes))).astype(np.int8)
    assert (definitions.mirror_categories(definitions.mirror_categories(table)) == table).all()
    assert ((definitions.mirror_categories(table) >= 0).sum(1) == (table >= 0).sum(1)).all()


def test_real_motion_obeys_the_law(shared) -> None:
    motion = np.load(shared / "data" / "cmu_h36m17.npz")
    for key in motion.files[::25]:
        assert_law(motion[key], "h36m17")
