"""The Ray engine; most of it needs Ray, which is an extra."""

from __future__ import annotations

import dataclasses
import importlib.util
import shutil

import pytest

from posecap.errors import InputError
from posecap.shards import EmbedConfig, GenerateConfig, embed, generate, open_shards, validate
from tests.fixtures.tiny_dataset import TinyDataset
from tests.fixtures.tiny_encoders import make_encoder

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="needs Ray: pip install 'posecap[ray]'"
)


SLOW = TinyDataset(lengths=(20,) * 12, delay=0.7)  # so that a node can die while it is at work


def config(out, **changes):
    return dataclasses.replace(GenerateConfig("tiny", out, encoder=None, part_frames=50), **changes)


def test_an_unknown_engine_is_told(tmp_path):
    with pytest.raises(InputError, match=r"unknown engine 'rai': did you mean ray"):
        generate(config(tmp_path / "out", engine="rai"), dataset=TinyDataset())


@pytest.mark.skipif(importlib.util.find_spec("ray") is not None, reason="Ray is installed")
def test_ray_that_is_not_installed_is_told_before_any_work(tmp_path):
    with pytest.raises(InputError, match=r"posecap\[ray\]"):
        generate(config(tmp_path / "out", engine="ray"), dataset=TinyDataset())
    assert not (tmp_path / "out").exists()


@needs_ray
@pytest.mark.slow
def test_a_cluster_that_loses_a_node_gives_the_same_shards(tmp_path):
    from ray.cluster_utils import Cluster

    generate(config(tmp_path / "local"), dataset=SLOW)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    lost = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()

    class Killing:
        """Kills the second node when the first part is done."""

        killed = False

        def advance(self, stage, done):
            if done and not self.killed:
                self.killed = True
                cluster.remove_node(lost, allow_graceful=False)

        def __getattr__(self, name):
            return lambda *args: None

    progress = Killing()
    try:
        settings = config(tmp_path / "ray", engine="ray", address=cluster.address, part_frames=20)
        generate(settings, progress, SLOW)
    finally:
        cluster.shutdown()
    assert progress.killed
    assert validate(tmp_path / "ray", content=True) == []
    own, other = (open_shards(tmp_path / name).manifest.tables for name in ("local", "ray"))
    assert {name: table.content for name, table in own.items()} == {
        name: table.content for name, table in other.items()
    }


@needs_ray
@pytest.mark.slow
def test_a_bad_pose_is_named_through_ray(tmp_path):
    broken = TinyDataset(broken=("S3/sway 2", 11))
    with pytest.raises(InputError, match="S3/sway 2: frame 11 has NaN"):
        generate(config(tmp_path / "out", engine="ray"), dataset=broken)
    assert not (tmp_path / "out").exists()


@needs_ray
@pytest.mark.slow
def test_features_made_on_ray_are_the_same(tiny_shards, tmp_path):
    model = make_encoder(tmp_path, "bert")
    for name in ("local", "ray"):
        copy = shutil.copytree(tiny_shards, tmp_path / name)
        embed(
            EmbedConfig(copy, str(model), ("sentence", "token"), context="caption", device="cpu", engine=name)
        )
    own, other = (tmp_path / name / "manifest.json" for name in ("local", "ray"))
    assert own.read_bytes() == other.read_bytes()
