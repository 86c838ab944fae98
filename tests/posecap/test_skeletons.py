"""Skeleton manifests and what they say about joints."""

from __future__ import annotations

import numpy as np
import pytest
import yaml

from posecap.errors import InputError
from posecap.manifests import manifest_path
from posecap.posecodes import load_definitions
from posecap.skeletons import load_skeleton, skeleton_names

SHIPPED = skeleton_names()
CORE = ("h36m17", "h36m32", "smpl22", "smplh52")


def test_the_skeletons_of_the_foundation_are_shipped() -> None:
    assert set(CORE) <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_skeleton_parses_and_names_itself(name: str) -> None:
    skeleton = load_skeleton(name)
    assert skeleton.name == name
    assert skeleton.num_joints == len(skeleton.parents)
    assert load_definitions(skeleton.posecodes).name == skeleton.posecodes


@pytest.mark.parametrize("name", SHIPPED)
def test_mirroring_twice_is_no_change_and_swaps_every_sided_joint(name: str) -> None:
    skeleton = load_skeleton(name)
    order = skeleton.mirror_order()
    assert (order[order] == np.arange(skeleton.num_joints)).all()
    sided = [index for index, joint in enumerate(skeleton.joints) if joint.startswith(("left_", "right_"))]
    assert (order[sided] != sided).all()


@pytest.mark.parametrize("name", SHIPPED)
def test_sided_roles_are_made_of_mirrored_joints(name: str) -> None:
    skeleton = load_skeleton(name)
    order = skeleton.mirror_order()
    for role in skeleton.roles:
        if role.startswith("left_"):
            other = "right_" + role.removeprefix("left_")
            assert {int(order[joint]) for joint in skeleton.joints_of(role)} == skeleton.joints_of(other)
        elif not role.startswith("right_"):
            assert {int(order[joint]) for joint in skeleton.joints_of(role)} == skeleton.joints_of(role)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_map_to_seventeen_joints_keeps_sides(name: str) -> None:
    skeleton = load_skeleton(name)
    if skeleton.h36m17 is None:
        pytest.skip(f"{name} has no map to h36m17")
    joints = np.random.default_rng(0).normal(size=(3, skeleton.num_joints, 3))
    seventeen = load_skeleton("h36m17")
    mapped = skeleton.to_h36m17(joints)
    assert mapped.shape == (3, 17, 3)
    mirrored = skeleton.to_h36m17(joints[:, skeleton.mirror_order()])
    np.testing.assert_allclose(mirrored, mapped[:, seventeen.mirror_order()], atol=1e-12)


def test_a_hand_without_hand_joints_lies_beyond_the_wrist() -> None:
    skeleton = load_skeleton("smpl22")
    joints = np.zeros((2, 22, 3))
    joints[0, skeleton.index("left_wrist")] = [0.25, 0, 0]
    hand = skeleton.role_positions(joints, ["left_hand"])[0]
    np.testing.assert_allclose(hand[:, 0], [0.25 + 0.1367 / 2, 0, 0])
    np.testing.assert_allclose(hand[:, 1], 0)  # a forearm of length zero points nowhere


def test_a_role_hides_the_joint_of_its_name() -> None:
    skeleton = load_skeleton("h36m17")
    assert skeleton.joints_of("neck") == {skeleton.index("thorax")}
    assert skeleton.joints_of("neck_top") == {skeleton.index("neck")}


def own_skeleton(**changes: object) -> dict:
    data = yaml.safe_load(manifest_path("skeletons", "h36m17").read_text())
    return {**data, **changes}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parents": [-1]}, "parents: expected 17 entries"),
        ({"parents": [1, 0] + [0] * 15}, "without cycles"),
        ({"roles": {"torso": ["chest"]}}, "roles.torso: 'chest' is not a joint"),
        ({"roles": {"one": "two", "two": "pelvis"}}, "roles.one: 'two' is not a joint"),
        ({"ground": ["heel"]}, "ground: 'heel' is not a joint"),
        ({"pairs": [["left_hip", "right_hop"]]}, "pairs: 'right_hop' is not a joint"),
        ({"roles": {"torso": []}}, "roles.torso"),
        ({"up": "w"}, "up"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_manifest_is_refused_with_its_file_and_field(tmp_path, changes: dict, words: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(own_skeleton(**changes)))
    with pytest.raises(InputError, match=r"mine\.yaml") as caught:
        load_skeleton(str(path))
    assert words in str(caught.value)


def test_the_skeletons_of_other_data_sets_are_shipped() -> None:
    others = {"mpi_inf_3dhp17", "mpi_inf_3dhp28", "coco17", "halpe26", "cmu31", "cmu_bvh31"}
    assert others <= set(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_skeleton_has_the_roles_of_the_posecodes_by_default(name: str) -> None:
    skeleton = load_skeleton(name)
    definitions = load_definitions(skeleton.posecodes)
    needed = {role for kind, entry in definitions.columns for role in entry.joints if kind != "headTurnY"}
    assert needed <= skeleton.roles.keys()
    assert skeleton.h36m17 is not None
